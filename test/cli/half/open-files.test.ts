import assert from 'node:assert/strict';
import { limitsOfThisProcess, whyTooFewFiles } from '../../../server/cli/half/open-files.js';

const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units     \n` +
  `Max cpu time              unlimited            unlimited            seconds   \n` +
  `Max open files            ${soft.padEnd(21)}524288               files     \n`;

describe('the files that a gate may open', () => {
  it('are enough for each connection with a console', () => {
    assert.equal(whyTooFewFiles(500, limits('1256')), null);
    assert.match(whyTooFewFiles(500, limits('1255')) ?? '', /may open 1255 files.*may need 1256/);
  });

  it('are enough when there is no limit, or it cannot be known', () => {
    assert.equal(whyTooFewFiles(100_000, limits('unlimited')), null);
    assert.equal(whyTooFewFiles(100_000, ''), null);
  });

  it('are read from the kernel', () => {
    assert.match(limitsOfThisProcess(), /^Max open files/m);
  });
});
