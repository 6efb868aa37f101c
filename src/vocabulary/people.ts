/** Who may do what in a project, each with everything that those before it may. */
export const PROJECT_ROLES = ['viewer', 'member', 'admin'] as const;
export type ProjectRole = (typeof PROJECT_ROLES)[number];

/** The project that always exists. Its id; its name can be changed. */
export const DEFAULT_PROJECT = 'default';
