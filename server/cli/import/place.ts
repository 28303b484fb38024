/** Where something stands, for the report: `/etc/sudoers:12`. */
export interface Place {
  /** As on the machine that the files are of. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export function placeText({ file, line }: Place): string {
  return `${file}:${line}`;
}
