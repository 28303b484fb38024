import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isAlive, ownIdentity } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';

/** The directory with a file for each process of the host that stays, named by its number. */
function marksOf(directory: string): string {
  return join(directory, 'state', 'daemons');
}

/** The processes of a host that live. One that is marked just now may be left out. */
export function livingProcesses(directory: string): readonly ProcessIdentity[] {
  return marks(directory).flatMap(({ identity }) => (isAlive(identity) ? [identity] : []));
}

/** Lets `stopSimulator` find this process. A process leaves its mark behind; the next one removes it. */
export function registerProcess(directory: string): void {
  writeFileSync(join(marksOf(directory), String(process.pid)), JSON.stringify(ownIdentity()));
  for (const { file, identity } of marks(directory)) if (!isAlive(identity)) rmSync(file, { force: true });
}

function marks(directory: string): { readonly file: string; readonly identity: ProcessIdentity }[] {
  return files(marksOf(directory)).flatMap((file) => {
    try {
      return [{ file, identity: JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity }];
    } catch {
      // It is removed, or not written whole yet.
      return [];
    }
  });
}

function files(directory: string): readonly string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return [];
  }
}
