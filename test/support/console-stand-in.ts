import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes an `xl` that runs a shell line for `console`, and passes every other subcommand to another `xl`.
 *
 * @returns its path
 */
export function consoleStandIn(directory: string, xl: string, line: string): string {
  const path = join(directory, 'xl');
  writeFileSync(path, `#!/bin/sh\n[ "$1" = console ] || exec '${xl}' "$@"\n${line}\n`, { mode: 0o755 });
  return path;
}
