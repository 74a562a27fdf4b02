// First what keeps compiled code, so that all that is loaded after it is kept.
import './compiled-code.ts'

await import('./command-line.ts')
