export { create, readRows } from './endpoint-target.ts'
export { openWriter } from './load-target.ts'

export const path: string = import.meta.filename
