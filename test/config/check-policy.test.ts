import assert from 'node:assert/strict';
import { checkPolicy } from '../../config/check-policy.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

describe('checkPolicy', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  it('prints each problem with its line, a caret, and what was meant', () => {
    const file = directory.write('10.yaml', 'rules:\n  - allow: [status, consol]\n    roels: [owner]\n');
    const { text, exitStatus } = checkPolicy([file], { json: false });
    assert.equal(exitStatus, 1);
    assert.equal(
      text,
      [
        `${file}:2:21: \`consol\` is not known here.`,
        '      - allow: [status, consol]',
        '                        ^',
        '    expected one of status, console, watch, takeover, sysrq, log, log-switch, start, shutdown, poweroff, reboot, rescue, extend, normal, reinstall, notify, all',
        '    did you mean `console`?',
        `${file}:3:5: There is no key \`roels\` here.`,
        '        roels: [owner]',
        '        ^',
        '    expected one of id, allow, deny, customers, groups, roles, domains, tags, profiles, images, sysrqKeys, when, reason',
        '    did you mean `roles`?',
        '2 problems; this policy would not be loaded',
        '',
      ].join('\n'),
    );
  });

  it('points at the place in a long line and behind tabs', () => {
    const long = directory.write(
      'long.yaml',
      `rules: [{allow: [start], customers: [${Array.from({ length: 60 }, (_, index) => `abc${index}, `).join('')}"Q"]}]\n`,
    );
    const [, shown = '', caret = ''] = checkPolicy([long], { json: false }).text.split('\n');
    const at = caret.indexOf('^');
    assert.equal(shown.slice(at, at + 3), '"Q"');
    assert.ok(shown.length < 120);
    const tabs = directory.write('tabs.json', '{\n\t"rules":\t["x"]\n}\n');
    const [, line = '', pointer = ''] = checkPolicy([tabs], { json: false }).text.split('\n');
    assert.equal(line.indexOf('"x"'), pointer.indexOf('^'));
  });

  it("keeps what a file holds from working on the admin's terminal", () => {
    const file = directory.write('10.yaml', '"\\e]0;owned\\a\u202e": 1\n# \u009b2J\nrules: [\u009b2J]\n');
    const { text } = checkPolicy([file], { json: false });
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    assert.match(text, /There is no key/);
  });

  it('tells a sound policy and its warnings, and exits with 0', () => {
    const file = directory.write('10.yaml', 'rules:\n  - allow: [status]\n    reason: x\n');
    const { text, exitStatus } = checkPolicy([file], { json: false });
    assert.equal(exitStatus, 0);
    assert.match(text, /10\.yaml:3:5: warning: Nobody reads the reason/);
    assert.match(
      text,
      /\nthe policy is sound: 1 file, 1 rule, 0 limits, 0 session limits; digest [0-9a-f]{12}\n$/,
    );
  });

  it('prints one JSON object for a program', () => {
    const file = directory.write('10.yaml', 'rules:\n  - allow: [consol]\n');
    const { text, exitStatus } = checkPolicy([file, directory.file('nosuch')], { json: true });
    assert.equal(exitStatus, 1);
    const report = JSON.parse(text) as { ok: boolean; problems: object[] };
    assert.equal(report.ok, false);
    assert.deepEqual(report.problems, [
      {
        file: directory.file('nosuch'),
        line: null,
        column: null,
        message: 'It cannot be read: there is no such file or directory.',
        expected: null,
        suggestion: null,
        lineText: null,
      },
      {
        file,
        line: 2,
        column: 13,
        message: '`consol` is not known here.',
        expected:
          'one of status, console, watch, takeover, sysrq, log, log-switch, start, shutdown, poweroff, reboot, rescue, extend, normal, reinstall, notify, all',
        suggestion: 'console',
        lineText: '  - allow: [consol]',
      },
    ]);
    const sound = directory.write('20.yaml', 'rules:\n  - allow: [status]\n');
    const { ok, digest } = JSON.parse(checkPolicy([sound], { json: true }).text) as {
      ok: boolean;
      digest: string;
    };
    assert.deepEqual([ok, digest.length], [true, 64]);
  });
});
