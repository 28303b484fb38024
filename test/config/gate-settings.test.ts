import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { GateSettings } from '../../config/gate-settings.js';
import { loadGateSettings } from '../../config/gate-settings.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const LEAST =
  'site: example\nlisten: ["127.0.0.1:0"]\nhosts: [{name: xen1, socket: /run/postern/dom0.sock}]\n';

describe('loadGateSettings', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  function load(text: string): GateSettings {
    const result = loadGateSettings(directory.write('gate.yaml', text));
    assert.ok(result.ok, JSON.stringify(result));
    return result.settings;
  }

  /** `line:column sentence` of each problem. */
  function problems(text: string): readonly string[] {
    const result = loadGateSettings(directory.write('gate.yaml', text));
    assert.ok(!result.ok, 'it was loaded');
    return result.problems.map(({ place, message, suggestion }) => {
      const meant = suggestion === null ? '' : ` ${suggestion}?`;
      return `${place.line}:${place.column} ${message}${meant}`;
    });
  }

  it('fills every default in', () => {
    assert.deepEqual(load(LEAST), {
      site: 'example',
      listen: [{ host: '127.0.0.1', port: 0 }],
      hosts: [{ name: 'xen1', socket: '/run/postern/dom0.sock' }],
      certificates: { revokedKeys: null },
      hostKey: '/var/lib/postern/ssh_host_ed25519_key',
      otherHostKeys: [],
      state: '/var/lib/postern',
      workers: 1,
      controlSocket: '/run/postern-gate/control.sock',
      policy: '/etc/postern/policy.d',
      banner: null,
      motd: null,
      login: {
        graceSeconds: 30,
        tries: 6,
        connectionsPerSource: 10,
        connections: 500,
        sessionsPerConnection: 4,
        connectionsPerCustomer: 20,
        penaltyAfter: 10,
        penaltySeconds: 60,
      },
      keepAlive: { intervalSeconds: 15, countMax: 4 },
      keys: { perCustomer: 10, rsaMinimumBits: 2048 },
      console: {
        idleSeconds: 0,
        watchersIdle: false,
        escape: { byte: 0x1d, name: 'Ctrl-]', caret: '^]' },
        break: 'none',
        logOut: false,
      },
      recordings: {
        directory: '/var/lib/postern/recordings',
        days: 30,
        totalMiB: 1024,
        perRecordingMiB: 16,
        required: false,
      },
      menu: { idleSeconds: 0 },
      domains: { graceSeconds: 600 },
      metrics: { listen: null, customers: false },
      notices: {
        customers: false,
        mail: { sendmail: ['/usr/sbin/sendmail'], from: null, perHour: 10 },
        channels: [],
      },
      log: { level: 'info' },
    });
  });

  it('keeps what is given, and fills in the rest of a section', () => {
    const { login, log, motd } = load(
      `${LEAST}login: {tries: 3}\nlog: {level: debug}\nmotd: |\n  One\n  Two\n\n`,
    );
    assert.deepEqual([login.tries, login.graceSeconds, log.level, motd], [3, 30, 'debug', 'One\nTwo']);
  });

  it('takes an address of this machine, or a path, for metrics', () => {
    const listen = (text: string): unknown => load(`${LEAST}metrics: {listen: ${text}}\n`).metrics.listen;
    assert.deepEqual(listen('"127.0.0.1:9273"'), { host: '127.0.0.1', port: 9273 });
    assert.deepEqual(listen('"[::1]:0"'), { host: '::1', port: 0 });
    assert.equal(listen('/run/postern-gate/metrics.sock'), '/run/postern-gate/metrics.sock');
  });

  it('takes an escape key that can be one, and says why another cannot', () => {
    assert.deepEqual(load(`${LEAST}console: {escape: ^A}\n`).console.escape, {
      byte: 1,
      name: 'Ctrl-A',
      caret: '^A',
    });
    const found = problems(`${LEAST}console: {escape: ^M}\n`);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /Ctrl-M is Enter: it cannot be the escape key\.$/);
    assert.match(problems(`${LEAST}console: {escape: ^é}\n`)[0] ?? '', /There is no control character/);
    assert.match(problems(`${LEAST}console: {break: sysrq-S}\n`)[0] ?? '', /"sysrq-S" does not fit `break`/);
  });

  it('is frozen', () => {
    const settings = load(LEAST);
    assert.ok(
      [settings, settings.login, settings.hosts, settings.hosts[0]].every((part) => Object.isFrozen(part)),
    );
  });

  it('begins relative paths at the directory of the file', () => {
    const { state, hostKey, policy } = load(`${LEAST}state: .\nhostKey: keys/host\npolicy: ../policy\n`);
    assert.deepEqual(
      [state, hostKey, policy],
      [directory.path, directory.file('keys/host'), directory.file('../policy')],
    );
  });

  it('loads the example that is shipped', () => {
    const file = fileURLToPath(new URL('../../../config/examples/gate.yaml', import.meta.url));
    assert.ok(loadGateSettings(file).ok);
  });

  describe('addresses', () => {
    const listening = (address: string): string => LEAST.replace('127.0.0.1:0', address);
    for (const [text, host, port] of [
      ['0.0.0.0:22', '0.0.0.0', 22],
      ['[::]:2222', '::', 2222],
      ['[::1]:0', '::1', 0],
      ['[2001:db8::1]:65535', '2001:db8::1', 65_535],
    ] as const) {
      it(`${text} is ${host} and ${port}`, () => {
        assert.deepEqual(load(listening(text)).listen, [{ host, port }]);
      });
    }
    for (const text of [
      '127.0.0.1',
      ':22',
      '22',
      '::1:22',
      '[::1]',
      '[127.0.0.1]:22',
      '127.0.0.1:65536',
      '127.0.0.1:-1',
      '127.0.0.1:022',
      '127.0.0.1:ssh',
      '256.0.0.1:22',
      'localhost:22',
      '*:22',
      '[fe80::1%eth0]:22',
      ' 127.0.0.1:22',
      '',
    ]) {
      it(`"${text}" is none`, () => {
        assert.deepEqual(problems(listening(text)), [`2:10 "${text}" cannot be listened on.`]);
      });
    }
    it('are there once, but port 0 may be there often', () => {
      assert.deepEqual(problems(LEAST.replace('"127.0.0.1:0"', '"127.0.0.1:22", "127.0.0.1:22"')), [
        '2:26 The address 127.0.0.1 port 22 is there twice.',
      ]);
      assert.equal(load(LEAST.replace('"127.0.0.1:0"', '"127.0.0.1:0", "127.0.0.1:0"')).listen.length, 2);
    });
  });

  describe('refuses', () => {
    const long = 's'.repeat(120);
    const table: readonly (readonly [string, string, readonly string[]])[] = [
      ['an empty file', '', ['1:1 There are no settings in it.']],
      [
        'nothing that is needed',
        '{}\n',
        [
          '1:1 The key `site` is missing.',
          '1:1 The key `listen` is missing.',
          '1:1 The key `hosts` is missing.',
        ],
      ],
      [
        'metrics where other machines read them',
        `${LEAST}metrics: {listen: "0.0.0.0:9273"}\n`,
        ['4:19 "0.0.0.0:9273" can be reached from other machines.'],
      ],
      [
        'an IPv6 address where a list is wanted',
        LEAST.replace('["127.0.0.1:0"]', '"[::]:2222"'),
        ['2:9 "[::]:2222" does not fit `listen`. ["[::]:2222"]?'],
      ],
      [
        'an address where a list is wanted',
        LEAST.replace('["127.0.0.1:0"]', '0.0.0.0:2222'),
        ['2:9 "0.0.0.0:2222" does not fit `listen`. [0.0.0.0:2222]?'],
      ],
      ['a list', '- site: x\n', ['1:1 A list does not fit the document.']],
      ['a misspelt key', `${LEAST}hostkey: x\n`, ['4:1 There is no key `hostkey` here. hostKey?']],
      [
        'a misspelt key of a section',
        `${LEAST}login: {tris: 3}\n`,
        ['4:9 There is no key `tris` here. tries?'],
      ],
      ['an unknown level', `${LEAST}log: {level: inof}\n`, ['4:14 `inof` is not known here. info?']],
      ['a number beyond its range', `${LEAST}login: {tries: 0}\n`, ['4:16 0 does not fit `tries`.']],
      [
        'a number with a unit',
        `${LEAST}login: {graceSeconds: 30s}\n`,
        ['4:23 "30s" does not fit `graceSeconds`.'],
      ],
      ['a weak key', `${LEAST}keys: {rsaMinimumBits: 1024}\n`, ['4:24 1024 does not fit `rsaMinimumBits`.']],
      [
        'two hosts of a name',
        LEAST.replace('}]', '}, {name: xen1, socket: /b}]'),
        ['3:62 The host xen1 is there twice.'],
      ],
      [
        'two hosts on a socket',
        LEAST.replace('}]', '}, {name: b, socket: /run/postern/../postern/dom0.sock}]'),
        ['3:73 The socket /run/postern/dom0.sock is there twice.'],
      ],
      [
        'a socket too long for the kernel',
        `${LEAST}controlSocket: /${long}\n`,
        ["4:16 The socket's path has 121 bytes."],
      ],
      [
        'a host without a socket',
        LEAST.replace(', socket: /run/postern/dom0.sock', ''),
        ['3:9 The key `socket` is missing.'],
      ],
      [
        'a banner that works on terminals',
        `${LEAST}banner: "\\e[2J"\n`,
        ['4:9 The text holds U+001B, which does not print.'],
      ],
      [
        'a site that does not print',
        LEAST.replace('example', '"a\\u202Eb"'),
        ['1:7 The text holds U+202E, which does not print.'],
      ],
      ['no value', `${LEAST}login:\n`, ['4:1 There is no value for `login`.']],
      [
        'everything at once',
        'site: "\\e"\nlisten: [here]\nhosts: [{name: "?", socket: /x}]\nlogin: 5\n',
        [
          '1:7 The text holds U+001B, which does not print.',
          '2:10 "here" cannot be listened on.',
          '3:16 "?" does not fit `name`.',
          '4:8 5 does not fit `login`.',
        ],
      ],
    ];
    for (const [name, text, expected] of table) {
      it(name, () => {
        assert.deepEqual(problems(text), expected);
      });
    }
  });
});
