/** What of a visit to a console is recorded: nothing, what is shown, or what is typed as well. */
export const RECORDED = ['off', 'output', 'input'] as const;

export type Recorded = (typeof RECORDED)[number];
