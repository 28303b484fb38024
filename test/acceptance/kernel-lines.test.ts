import assert from 'node:assert/strict';
import { screenWithoutKernel, withoutKernelLines } from './kernel-lines.js';

const COLUMNS = 80;
const own = (...rows: readonly string[]): string => screenWithoutKernel(rows.join('\n'), COLUMNS);

describe('the lines of a guest’s kernel', () => {
  it('are taken out behind a prompt, as seen on Xen 4.20', () => {
    const screen = [
      '301000',
      '~ # [   35.519355] clocksource: timekeeping watchdog on CPU0: xen wd-wd read-bac',
      'k delay of 316270ns',
      '[   35.525867] clocksource: wd-tsc-wd read-back delay of 1768532ns, clock-skew t',
      'est skipped!',
    ];
    assert.equal(own(...screen), '301000\n~ #');
  });

  it('are taken out between a prompt and what was typed behind it', () => {
    assert.equal(own('~ # [   35.519355] tsc: unstable', 'echo 42', '42', '~ #'), '~ # echo 42\n42\n~ #');
  });

  it('go on in the next row also where the last column is a blank', () => {
    const full = `~ # [   35.519355] ${'a'.repeat(COLUMNS - 20)}`;
    assert.equal(full.length, COLUMNS - 1);
    assert.equal(own(full, 'b', 'next'), '~ # next');
  });

  it('stay when a new boot begins with them: the prompt above is an older one', () => {
    const screen = ['hamlet login:', '[    0.000000] Linux version 6.1', '[    0.342780] tsc: Fast TSC'];
    assert.equal(own(...screen), 'hamlet login:\n[    0.000000] Linux version 6.1');
  });

  it('are taken out of what was received, within a word too', () => {
    assert.equal(withoutKernelLines('hamlet lo[   35.519355] tsc: unstable\r\ngin: '), 'hamlet login: ');
  });
});
