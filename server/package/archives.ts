import { spawnSync } from 'node:child_process';
import { basename, dirname } from 'node:path';

/**
 * Packs a Debian package. dpkg-deb sorts the files. One thread, because the number of threads changes the bytes.
 *
 * @param directory the package's files, with DEBIAN/ among them
 * @param seconds the newest time that a file in it may have, since 1970
 */
export function packDeb(directory: string, file: string, seconds: number): void {
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '--threads-max=1', '--build', directory, file], seconds);
}

/** Packs a directory, with its name, as `.tar.gz`. All belongs to root. */
export function packTar(directory: string, file: string, seconds: number): void {
  run(
    'tar',
    [
      ...['--sort=name', '--format=gnu', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${seconds}`],
      ...['--use-compress-program=gzip -9n', '-C', dirname(directory), '-cf', file, basename(directory)],
    ],
    seconds,
  );
}

function run(program: string, args: readonly string[], seconds: number): void {
  const env = { ...process.env, SOURCE_DATE_EPOCH: `${seconds}`, LC_ALL: 'C' };
  const { status, signal, error, stderr } = spawnSync(program, args, { encoding: 'utf8', env });
  if (error !== undefined) throw new Error(`${program} cannot be run: ${error.message}`);
  if (signal !== null) throw new Error(`${program} was ended by ${signal}`);
  if (status !== 0) throw new Error(`${program}: ${stderr.trim()}`);
}
