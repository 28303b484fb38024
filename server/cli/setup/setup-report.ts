import type { Diagnosis } from '../installation/diagnosis.js';
import { printable } from '../../../policy/printable.js';
import type { Step } from './setup-run.js';

/** Lines shown of a long difference. */
const MOST_LINES = 40;

const WORDS = {
  done: 'ok',
  make: 'make',
  remove: 'remove',
  replace: 'update',
  mend: 'mend',
  kept: 'keep',
  wrong: 'WRONG',
} as const;

/** The result of a setup, or of a trial run. */
export interface SetupReport {
  readonly apply: boolean;
  readonly steps: readonly Step[];
  /** Findings about the machine. */
  readonly found: readonly Diagnosis[];
  /** Next commands for the admin. */
  readonly next: readonly string[];
}

function isToDo({ standing }: Step): boolean {
  return ['make', 'remove', 'replace', 'mend'].includes(standing.kind);
}

export function setupReportText({ apply, steps, found, next }: SetupReport): string {
  const lines = [
    ...found.flatMap(({ level, subject, finding, mend }) => [
      `${level.padEnd(6)}  ${subject}: ${finding}`,
      ...(mend === null ? [] : [`        -> ${mend}`]),
    ]),
    '',
    ...steps.flatMap(stepLines),
    '',
    closing(apply, steps),
  ];
  if (next.length > 0) lines.push('', 'Next:', ...next.map((command) => `    ${command}`));
  return `${lines.map((line) => printable(line)).join('\n')}\n`;
}

function stepLines({ what, standing, failed }: Step): readonly string[] {
  const word = failed === null ? WORDS[standing.kind] : 'FAILED';
  const head = `${word.padEnd(6)}  ${what}`;
  if (failed !== null) return [`${head}: ${failed}`];
  switch (standing.kind) {
    case 'mend':
      return [`${head} (${standing.what})`];
    case 'wrong':
      return [`${head}: ${standing.why}`];
    case 'kept':
      // An admin's own file is compared with nothing: it may differ.
      if (standing.difference.length === 0) return [`${head}: it is yours, and stays as it is`];
      return [
        `${head}: it is yours, and differs from what would be written (- yours, + would be)`,
        ...shown(standing.difference),
      ];
    case 'remove':
      return [`${head}: a setup from source wrote it, and it would hide what the package has`];
    case 'replace':
      return [`${head}: nobody edited it, and this version has another`, ...shown(standing.difference)];
    default:
      return [head];
  }
}

function shown(difference: readonly string[]): readonly string[] {
  const more = difference.length - MOST_LINES;
  const lines = difference.slice(0, MOST_LINES).map((line) => `            ${line}`);
  return more > 0 ? [...lines, `            … ${more} lines more`] : lines;
}

function closing(apply: boolean, steps: readonly Step[]): string {
  const failed = steps.filter((step) => step.failed !== null).length;
  const toDo = steps.filter(isToDo).length;
  if (failed > 0) return `${failed} of ${toDo} steps failed`;
  if (toDo === 0) return 'nothing to do';
  return apply ? `done: ${toDo} steps` : `${toDo} steps to do; nothing was changed yet: --apply does them`;
}
