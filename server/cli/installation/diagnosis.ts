import { printable } from '../../../policy/printable.js';

/** The result of one check. */
export interface Diagnosis {
  readonly level: 'ok' | 'warn' | 'fail';
  /** The checked thing: `host key`, `host xen1`. */
  readonly subject: string;
  /** The finding, in a sentence without a capital. */
  readonly finding: string;
  /** What to do about it; null when nothing needs to be done. */
  readonly mend: string | null;
}

export function ok(subject: string, finding: string): Diagnosis {
  return { level: 'ok', subject, finding, mend: null };
}

export function warn(subject: string, finding: string, mend: string): Diagnosis {
  return { level: 'warn', subject, finding, mend };
}

export function fail(subject: string, finding: string, mend: string): Diagnosis {
  return { level: 'fail', subject, finding, mend };
}

/** The findings for people: a line for each with what to do below it, and how many there are. */
export function diagnosisText(found: readonly Diagnosis[]): string {
  const lines = found.flatMap(({ level, subject, finding, mend }) => {
    const [first = '', ...rest] = finding.split('\n').map((line) => printable(line));
    const indent = ' '.repeat(6);
    return [
      `${level.padEnd(4)}  ${printable(subject)}: ${first}`,
      ...rest.map((line) => `${indent}${line}`),
      ...(mend === null ? [] : [`${indent}-> ${printable(mend)}`]),
    ];
  });
  const count = (level: Diagnosis['level']): number => found.filter((one) => one.level === level).length;
  return `${lines.join('\n')}\n\n${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} to mend\n`;
}
