import { readFileSync, writeFileSync } from 'node:fs';
import { caller } from './caller.js';
import type { Host } from './host.js';
import { makeIso } from './iso-image.js';
import { complain } from './output.js';

/**
 * A stand-in for xorriso(1), for a machine that has none: the call that the dom0 half makes, and no other. It makes
 * an ISO 9660 image with Rock Ridge names.
 *
 * @returns the exit status
 */
export function xorriso(_host: Host, argv: readonly string[]): number {
  const output = argv[argv.indexOf('-o') + 1];
  const label = argv[argv.indexOf('-V') + 1];
  const grafts = argv.indexOf('-graft-points');
  if (
    argv[1] !== '-as' ||
    argv[2] !== 'mkisofs' ||
    output === undefined ||
    label === undefined ||
    grafts < 0
  ) {
    complain('xorriso : FAILURE : the simulated xorriso makes seed disks only\n');
    return 5;
  }
  try {
    const files = argv.slice(grafts + 1).map((graft): [string, Buffer] => {
      const [, name = '', path = ''] = /^([^=\\]+)=(.*)$/s.exec(graft) ?? [];
      return [name, readFileSync(caller().path(path.replace(/\\([\\=])/g, '$1')))];
    });
    writeFileSync(caller().path(output), makeIso(label, new Map(files)));
    return 0;
  } catch (fault) {
    complain(`xorriso : FAILURE : ${String(fault)}\n`);
    return 32;
  }
}
