/** What was found of one thing. */
export interface Diagnosis {
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was looked at: `host key`, `host xen1`. */
  readonly subject: string;
  /** What is so, in a sentence without a capital. */
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

/** The reason that the system gave. */
export function because(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
