import assert from 'node:assert/strict';
import { findProgram, requirePrograms } from '../../../server/cli/command/programs.js';

describe('the programs that a command needs', () => {
  it('are found by name, and the packages of those that are missing are named', () => {
    assert.match(findProgram('sh') ?? '', /^\/.*\/sh$/);
    requirePrograms({ sh: 'dash' }, 'nothing works');
    assert.throws(() => {
      requirePrograms(
        { 'qemu-none': 'qemu-utils', sh: 'dash', 'xz-none': 'xz-utils' },
        'it cannot be unpacked',
      );
    }, /^Error: it cannot be unpacked without qemu-none and xz-none: apt-get install qemu-utils xz-utils$/);
  });
});
