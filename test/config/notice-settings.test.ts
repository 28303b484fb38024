import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadGateSettings } from '../../config/gate-settings.js';
import { NOTICE_KINDS } from '../../policy/notice-kinds.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const LEAST =
  'site: example\nlisten: ["127.0.0.1:0"]\nhosts: [{name: xen1, socket: /run/postern/dom0.sock}]\n';

describe('settings: notices', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });
  const load = (notices: string) => {
    const file = join(directory.path, 'gate.yaml');
    writeFileSync(file, `${LEAST}notices: ${notices}\n`);
    return loadGateSettings(file);
  };
  const problems = (notices: string): readonly string[] => {
    const loaded = load(notices);
    return loaded.ok ? [] : loaded.problems.map(({ message }) => message);
  };

  it('are nothing by default', () => {
    const loaded = load('{}');
    assert.ok(loaded.ok);
    assert.deepEqual(loaded.settings.notices, {
      mail: { sendmail: ['/usr/sbin/sendmail'], from: null, perHour: 10 },
      customers: false,
      channels: [],
    });
  });

  it('have a channel of each way, for everything or for some kinds', () => {
    const loaded = load(`
  mail: {from: Postern@Example.NET, sendmail: [/usr/bin/msmtp, -C, /etc/postern/msmtprc]}
  channels:
    - {name: pager, command: [/usr/local/bin/page, --urgent], kinds: [crash, reinstall]}
    - {name: chat, webhook: "https://hooks.example.net/x", secretFile: chat.secret}
    - {name: here, webhook: "http://127.0.0.1:8080/", secretFile: /etc/postern/here}
    - {name: noc, mail: [noc@example.net]}`);
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const { mail, channels } = loaded.settings.notices;
    assert.deepEqual([mail.from, mail.sendmail[2]], ['Postern@example.net', '/etc/postern/msmtprc']);
    assert.deepEqual(channels, [
      {
        name: 'pager',
        kinds: ['reinstall', 'crash'],
        way: { way: 'command', command: ['/usr/local/bin/page', '--urgent'] },
      },
      {
        name: 'chat',
        kinds: NOTICE_KINDS,
        way: {
          way: 'webhook',
          url: 'https://hooks.example.net/x',
          secretFile: join(directory.path, 'chat.secret'),
        },
      },
      {
        name: 'here',
        kinds: NOTICE_KINDS,
        way: { way: 'webhook', url: 'http://127.0.0.1:8080/', secretFile: '/etc/postern/here' },
      },
      { name: 'noc', kinds: NOTICE_KINDS, way: { way: 'mail', to: ['noc@example.net'] } },
    ]);
  });

  const wrong: readonly (readonly [what: string, notices: string, message: RegExp])[] = [
    ['a channel without a way', '{channels: [{name: a}]}', /does not say how it is told/],
    [
      'a channel of two ways',
      '{channels: [{name: a, command: [/bin/x], webhook: "https://x.example/", secretFile: s}]}',
      /has command and webhook/,
    ],
    ['a program by a relative path', '{channels: [{name: a, command: [page]}]}', /"page" is not absolute/],
    ['a program of no words', '{channels: [{name: a, command: []}]}', /command/],
    [
      'a webhook without a secret',
      '{channels: [{name: a, webhook: "https://x.example/"}]}',
      /has no secretFile/,
    ],
    [
      'a secret of a command',
      '{channels: [{name: a, command: [/bin/x], secretFile: s}]}',
      /Only a webhook has a secret/,
    ],
    [
      'a webhook in the clear',
      '{channels: [{name: a, webhook: "http://x.example/", secretFile: s}]}',
      /would go over the network in the clear/,
    ],
    [
      'a webhook in the clear to a name that begins like this machine',
      '{channels: [{name: a, webhook: "http://127.0.0.1.example/", secretFile: s}]}',
      /would go over the network in the clear/,
    ],
    [
      'a webhook with a password',
      '{channels: [{name: a, webhook: "https://u:p@x.example/", secretFile: s}]}',
      /has a name or a password in it/,
    ],
    [
      'a file as a webhook',
      '{channels: [{name: a, webhook: "file:///etc/passwd", secretFile: s}]}',
      /is no web address/,
    ],
    [
      'mail without a sender',
      '{channels: [{name: a, mail: [a@example.net]}]}',
      /notices\.mail\.from is not set/,
    ],
    [
      'an address with a line end',
      '{mail: {from: a@example.net}, channels: [{name: a, mail: ["a@example.net\\nBcc: b@example.net"]}]}',
      /is not taken as an address/,
    ],
    ['a sender that is an option', '{mail: {from: "-t@example.net"}}', /is not taken as an address/],
    [
      'a name twice',
      '{channels: [{name: a, command: [/bin/x]}, {name: a, command: [/bin/y]}]}',
      /The channel a is there twice/,
    ],
    [
      'customers without a sender',
      '{customers: true}',
      /Customers cannot be told: notices\.mail\.from is not set/,
    ],
    [
      "the name of the customers' channel",
      '{channels: [{name: customers, command: [/bin/x]}]}',
      /is the name of the customers' own channel/,
    ],
    ["the name of the codes' channel", '{channels: [{name: codes, command: [/bin/x]}]}', /own channel/],
    ['a kind that there is not', '{channels: [{name: a, command: [/bin/x], kinds: [crashs]}]}', /crashs/],
    ['no kind', '{channels: [{name: a, command: [/bin/x], kinds: []}]}', /kinds/],
  ];
  for (const [what, notices, message] of wrong) {
    it(`refuse ${what}`, () => {
      const found = problems(notices);
      assert.ok(
        found.some((each) => message.test(each)),
        JSON.stringify(found),
      );
    });
  }
});
