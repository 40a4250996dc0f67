export function say(message: string): void;
export const started: { readonly HANDSEL_STARTED_AT: string };
