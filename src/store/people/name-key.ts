/** The form in which names of people and projects are compared: neither width nor case of letters matters. */
export const nameKey = (name: string): string => name.trim().normalize('NFKC').toLowerCase();
