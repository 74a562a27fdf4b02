import type { Role } from '../board/views.ts'

/** Who may do what those before may. */
export const ROLE_ORDER: Readonly<Record<Role, number>> = { viewer: 0, analyst: 1, admin: 2 }
