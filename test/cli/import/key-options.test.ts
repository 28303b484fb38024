import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { commandWords, forcedCommand } from '../../../server/cli/import/console-command.js';
import { expiryTime, parseKeyLine } from '../../../server/cli/import/key-options.js';
import { makeEd25519KeyPair } from '../../../server/gate/ssh/ed25519-key-pair.js';

const KEY = makeEd25519KeyPair('a key').publicFile.trim();

function commandOf(line: string): string | null {
  const parsed = parseKeyLine(line);
  return typeof parsed === 'string' ? `refused: ${parsed}` : parsed.options.command;
}

describe('import: lines of authorized_keys', () => {
  it('are read by the rules of sshd(8)', () => {
    assert.equal(commandOf(KEY), null);
    assert.equal(commandOf(`  command="sudo xm console horatio" ${KEY}`), 'sudo xm console horatio');
    assert.equal(
      commandOf(`no-pty,COMMAND="a,b c",from="1.2.3.4" ${KEY}`),
      'a,b c',
      'commas in quotes, any case',
    );
    assert.equal(commandOf(`command="say \\"no\\"" ${KEY}`), 'say "no"', 'an escaped quote');
    assert.equal(commandOf(`command="a\\b" ${KEY}`), 'a\\b', 'any other backslash is itself');
    const parsed = parseKeyLine(
      `from="*.example.net,!bad",restrict,pty,environment="A=b",principals="x" ${KEY}`,
    );
    assert.ok(typeof parsed !== 'string');
    assert.deepEqual(parsed.options, {
      command: null,
      from: '*.example.net,!bad',
      expiryTime: null,
      certificates: true,
      others: ['environment', 'pty', 'restrict'],
    });
    assert.equal(parsed.key, KEY);
  });

  it('are refused where sshd refuses them', () => {
    const lines = [
      `command="sudo xm console horatio ${KEY}`,
      `command=xm ${KEY}`,
      `command="a",command="b" ${KEY}`,
      `no-such-option ${KEY}`,
      `no-pty, command="a" ${KEY}`,
      `no-pty`,
      `"command" ${KEY}`,
      `command="a\\" ${KEY}`,
    ];
    for (const line of lines) assert.match(commandOf(line) ?? 'taken', /^refused: /, line);
    assert.match(commandOf('1024 35 123456789012345678901234567890 alice') ?? '', /SSH 1/);
  });

  it('have the same key behind their options as for OpenSSH', () => {
    const lines = [
      `command="a b,c \\" ssh-rsa AAAA",no-pty ${KEY}`,
      `from="1.2.3.4,!*.example.net"\t${KEY}`,
      `restrict,pty,command="xencontrol horatio",environment="LC_ALL=C" ${KEY}`,
    ];
    const { stdout } = spawnSync('ssh-keygen', ['-l', '-f', '-'], {
      input: `${lines.join('\n')}\n`,
      encoding: 'utf8',
    });
    assert.equal(stdout.trim().split('\n').length, lines.length, stdout);
    for (const line of lines) {
      const parsed = parseKeyLine(line);
      assert.equal(typeof parsed === 'string' ? parsed : parsed.key, KEY);
    }
  });

  it('take no time over a hostile one', () => {
    const long = '\\'.repeat(200_000);
    for (const line of [
      `command="${long}`,
      `command="${long}" ${KEY}`,
      'a,'.repeat(100_000),
      'no-pty,'.repeat(50_000),
    ]) {
      const begun = process.cpuUsage();
      parseKeyLine(line);
      assert.ok(process.cpuUsage(begun).user < 1_000_000, `${line.slice(0, 20)}… took too long`);
    }
  });

  it('end at their time', () => {
    assert.equal(expiryTime('202612311200Z')?.toISOString(), '2026-12-31T12:00:00.000Z');
    assert.equal(expiryTime('20261231')?.getFullYear(), 2026);
    assert.equal(expiryTime('tomorrow'), undefined);
  });
});

describe('import: forced commands', () => {
  const word = (text: string): string => {
    const command = forcedCommand(text, ['xencontrol']);
    return command?.kind === 'domain' ? `${command.verb} ${command.word}` : (command?.kind ?? 'none');
  };

  it('are understood in the ways that hosts have them', () => {
    assert.equal(word('sudo xm console horatio'), 'console horatio');
    assert.equal(word('/usr/bin/sudo -n /usr/sbin/xl console horatio'), 'console horatio');
    assert.equal(word('exec sudo -u root -- xl console -t pv "horatio"'), 'console horatio');
    assert.equal(word('xencontrol horatio'), 'xencontrol horatio');
    assert.equal(word('/usr/local/bin/xencontrol horatio'), 'xencontrol horatio');
    assert.equal(word('sudo xm create -c /etc/xen/horatio.cfg'), 'create /etc/xen/horatio.cfg');
    assert.equal(word('/usr/bin/xen-login-shell'), 'own');
  });

  it('are nothing when a shell would make more of them, or they are for something else', () => {
    for (const text of [
      'sudo xm console $(touch /tmp/x)',
      'sudo xm console `id`',
      'sudo xm console horatio; sh',
      'sudo xm console horatio && sh',
      'sudo xm console $SSH_ORIGINAL_COMMAND',
      'sudo xm console "hor$x"',
      'sudo xm console horatio > /etc/passwd',
      'sudo xm console horatio ophelia',
      'sudo xm console *',
      'sudo -u bob xm console horatio',
      'sudo xm list horatio',
      'virsh console horatio',
      'sudo xm console',
      'xencontrol',
      'xencontrol horatio ophelia',
      'rsync --server --sender . /',
      "sudo xm console 'horatio",
      'sudo xm console horatio\nsh',
      '',
    ]) {
      assert.equal(word(text), 'none', JSON.stringify(text));
    }
    assert.equal(commandWords("a 'b c'd"), undefined, 'words that run into each other');
  });
});
