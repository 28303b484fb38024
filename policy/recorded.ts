/** How much of a console visit is recorded: nothing, the output, or the input as well. */
export const RECORDED = ['off', 'output', 'input'] as const;

export type Recorded = (typeof RECORDED)[number];
