/** An image as the settings name it. */
export interface ImageFile {
  /** Absolute path. */
  readonly file: string;
  /** SHA-256, hex. */
  readonly sha256: string;
}

/** The disk that is written, as it was found before: a path that leads elsewhere by then is refused. */
export interface DiskFile {
  /** Absolute path. */
  readonly path: string;
  /** As `fileIdentity` gives it. */
  readonly identity: string;
  /** Its size. */
  readonly bytes: number;
}

/** The one line that the worker reads first. Without a disk it only checks the image. */
export interface ImageJob {
  readonly image: ImageFile;
  readonly disk: DiskFile | null;
  readonly mibPerSecond: number;
}

/**
 * A line of the worker. `ready`: the files are open and are the right ones; it waits for `go`. `changed`: the
 * image is not the one of the settings. `failed`: a sentence's end, such as `ENOSPC: no space left`.
 */
export type ImageReport =
  | { readonly report: 'ready' }
  | { readonly report: 'progress'; readonly done: number; readonly total: number }
  | { readonly report: 'done' }
  | { readonly report: 'changed'; readonly why: string }
  | { readonly report: 'failed'; readonly why: string };

/** The answer to `ready`: now it may write. */
export const GO = 'go\n';

/** The same text for every path to one file or block device. */
export function fileIdentity(stat: {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly rdev: bigint;
  isBlockDevice(): boolean;
}): string {
  return stat.isBlockDevice() ? `block ${stat.rdev}` : `file ${stat.dev} ${stat.ino}`;
}
