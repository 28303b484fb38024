import assert from 'node:assert/strict';
import { typedLine } from '../../../server/cli/completion/command-words.js';

describe('cli: a line as far as the cursor', () => {
  const lines: readonly (readonly [line: string, before: readonly string[], partial: string])[] = [
    ['postern', [], 'postern'],
    ['postern ', [], ''],
    ['postern cu', [], 'cu'],
    ['postern  role\tadd ', ['role', 'add'], ''],
    [
      `postern session announce "two words" 'and "these"' `,
      ['session', 'announce', 'two words', 'and "these"'],
      '',
    ],
    ['postern session announce "two wo', ['session', 'announce'], 'two wo'],
    [String.raw`postern key add alice my\ key.p`, ['key', 'add', 'alice'], 'my key.p'],
    [String.raw`postern 'a\' b`, [String.raw`a\ `.trim()], 'b'],
    ['postern key remove alice SHA256:ab=c', ['key', 'remove', 'alice'], 'SHA256:ab=c'],
    ['postern "" ', [''], ''],
    ['/opt/postern/server/postern li', [], 'li'],
  ];
  for (const [line, before, partial] of lines)
    it(JSON.stringify(line), () => {
      assert.deepEqual(typedLine(line), { before, partial });
    });
});
