import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes an `xl` whose consoles are a shell's line, and which is another one for all else.
 *
 * @returns its path
 */
export function consoleStandIn(directory: string, xl: string, line: string): string {
  const path = join(directory, 'xl');
  writeFileSync(path, `#!/bin/sh\n[ "$1" = console ] || exec '${xl}' "$@"\n${line}\n`, { mode: 0o755 });
  return path;
}
