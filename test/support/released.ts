import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { House } from './house.js';

/** Made by test/scripts/released-fixture.mjs from each release: settings, policy and state as it leaves them. */
export const RELEASED = fileURLToPath(new URL('../../../test/fixtures/released/', import.meta.url));

/** Puts a released version's files in the place of a house's own, as an upgrade finds them. */
export function moveIn(house: House, released: string): void {
  const { directory, gateState, dom0State } = house.layout;
  for (const [from, to] of [
    ['gate', gateState],
    ['dom0', dom0State],
    ['etc', join(directory, 'etc')],
  ] as const) {
    rmSync(to, { recursive: true, force: true });
    cpSync(join(released, from), to, { recursive: true });
    for (const file of readdirSync(to, { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name);
      chmodSync(path, file.isDirectory() ? 0o700 : 0o600);
      if (!/\.(?:yaml|json)$/.test(file.name)) continue;
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('@HOUSE@', directory));
    }
    chmodSync(to, 0o700);
  }
}
