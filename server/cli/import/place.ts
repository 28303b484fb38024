/** A file and line, for the report: `/etc/sudoers:12`. */
export interface Place {
  /** As on the machine that owns the files. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

export function placeText({ file, line }: Place): string {
  return `${file}:${line}`;
}
