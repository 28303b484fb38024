import { getSystemErrorMap } from 'node:util';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links go in a circle',
  ENXIO: 'it is not a regular file',
  ENOTDIR: 'a part of its path is no directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ECONNREFUSED: 'nobody listens there',
};

/** The reason for a failed system call, in words and without its path. Any other error says it itself. */
export function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const { code = '', errno = 0 } = (error ?? {}) as NodeJS.ErrnoException;
  return REASONS[code] ?? getSystemErrorMap().get(errno)?.[1] ?? message;
}
