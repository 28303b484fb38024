import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CommandChannel } from '../../../server/gate/notices/command-channel.js';
import { runProgram } from '../../../server/gate/notices/limited-program.js';
import { MailChannel } from '../../../server/gate/notices/mail-channel.js';
import { WebhookChannel } from '../../../server/gate/notices/webhook-channel.js';
import type { NoticeMessage } from '../../../server/store/notice-messages.js';
import { eventually } from '../../support/eventually.js';
import { selfSignedCertificate } from '../../support/self-signed-certificate.js';
import { customerName } from '../../support/temporary-store.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const MESSAGE: NoticeMessage = {
  id: 'abc123',
  channel: 'ops',
  customer: null,
  address: '',
  attempts: 0,
  madeAt: '2026-11-30T11:00:00.000Z',
  more: 0,
  notices: [
    {
      id: 'n1',
      seq: 7,
      at: '2026-11-30T10:59:00.000Z',
      kind: 'crash',
      times: 1,
      text: 'horatio has crashed.',
      customer: null,
      domain: 'horatio',
    },
  ],
};
const STAYS = new AbortController().signal;

describe('gate: the channels of notices', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });
  const path = (name: string): string => join(directory.path, name);
  /** An executable script. @returns its path */
  function script(text: string, name = 'program'): string {
    writeFileSync(path(name), `#!/bin/sh\n${text}\n`);
    chmodSync(path(name), 0o755);
    return path(name);
  }

  describe('a command', () => {
    it('reads the message as JSON, with its arguments as they stand and a clean environment', async () => {
      process.env['POSTERN_SECRET'] = 'secret';
      const file = script(
        `cat > ${path('in')}; printf '%s\\n' "$@" > ${path('args')}; env > ${path('env')}; pwd > ${path('pwd')}`,
      );
      const channel = new CommandChannel('ops', 'console.example.net', [file, '--to', '$HOME; id', 'a  b']);
      assert.equal(await channel.deliver(MESSAGE, STAYS), null);
      delete process.env['POSTERN_SECRET'];
      assert.deepEqual(JSON.parse(readFileSync(path('in'), 'utf8')), {
        version: 1,
        id: 'abc123',
        site: 'console.example.net',
        channel: 'ops',
        at: '2026-11-30T11:00:00.000Z',
        notices: MESSAGE.notices,
        more: 0,
      });
      assert.equal(readFileSync(path('args'), 'utf8'), '--to\n$HOME; id\na  b\n');
      assert.equal(readFileSync(path('pwd'), 'utf8'), '/\n');
      const names = readFileSync(path('env'), 'utf8')
        .split('\n')
        .map((line) => line.split('=')[0] ?? '');
      // The shell sets the others by itself.
      assert.deepEqual(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_', ''].includes(name)).sort(), [
        'LANG',
        'PATH',
      ]);
    });

    const failing: readonly (readonly [what: string, text: string, trouble: RegExp])[] = [
      [
        'exits with another status',
        'echo first >&2; echo "no route" >&2; exit 3',
        /^exit status 3: no route$/,
      ],
      [
        'complains with control characters',
        "printf 'a\\033[31mb' >&2; exit 1",
        /^exit status 1: a\^\[\[31mb$/,
      ],
      ['complains without end', 'head -c 300000 /dev/zero >&2; exit 1', /^exit status 1: .{10,200}$/],
      ['is ended by a signal', 'kill -9 $$', /^ended by SIGKILL$/],
    ];
    for (const [what, text, trouble] of failing) {
      it(`that ${what} has failed, and says why`, async () => {
        const no = await new CommandChannel('ops', 'site', [script(text)]).deliver(MESSAGE, STAYS);
        assert.match(no ?? '', trouble);
      });
    }

    it('that is not there has failed', async () => {
      const no = await new CommandChannel('ops', 'site', [path('nothing')]).deliver(MESSAGE, STAYS);
      assert.match(no ?? '', /^it cannot be run: there is no such file or directory$/);
    });

    it('that reads nothing of a long message has not failed', async () => {
      const more = Array.from({ length: 100 }, () => ({
        ...(MESSAGE.notices[0] as (typeof MESSAGE.notices)[number]),
        text: 'x'.repeat(5_000),
      }));
      const channel = new CommandChannel('ops', 'site', [script('exec 0<&-; exit 0')]);
      assert.equal(await channel.deliver({ ...MESSAGE, notices: more }, STAYS), null);
    });

    it('that leaves a program behind in the background has ended with its own end', async () => {
      const file = script(`( read never < ${path('fifo')} ) & echo $! > ${path('pid')}; exit 0`);
      await runProgram({ file: '/usr/bin/mkfifo', args: [path('fifo')], input: '', signal: STAYS });
      assert.equal(await new CommandChannel('ops', 'site', [file]).deliver(MESSAGE, STAYS), null);
      process.kill(Number(readFileSync(path('pid'), 'utf8')), 'SIGKILL');
    });

    it('that never ends is killed with all that it has started', async () => {
      await runProgram({ file: '/usr/bin/mkfifo', args: [path('fifo')], input: '', signal: STAYS });
      const file = script(`( echo $$ > ${path('pid')}; read never < ${path('fifo')} )`);
      const no = await runProgram({ file, args: [], input: 'x', signal: STAYS, timeLimit: 300 });
      assert.equal(no, 'it did not end within 1 s');
      const pid = existsSync(path('pid')) ? Number(readFileSync(path('pid'), 'utf8')) : null;
      if (pid !== null)
        await eventually('the program to be gone', () => {
          try {
            process.kill(pid, 0);
            return false;
          } catch {
            return true;
          }
        });
    });

    it('is ended when the gate stops', async () => {
      await runProgram({ file: '/usr/bin/mkfifo', args: [path('fifo')], input: '', signal: STAYS });
      const file = script(`echo > ${path('began')}; read never < ${path('fifo')}`);
      const leave = new AbortController();
      const running = new CommandChannel('ops', 'site', [file]).deliver(MESSAGE, leave.signal);
      await eventually('it to run', () => existsSync(path('began')));
      leave.abort();
      assert.equal(await running, 'the gate was stopped');
    });
  });

  describe('mail', () => {
    const mail = (text: string, to: readonly string[] | null = ['noc@example.net']): MailChannel =>
      new MailChannel({
        name: 'mail',
        site: 'console.example.net',
        mail: { sendmail: [script(text, 'sendmail'), '-C', 'a b'], from: 'postern@example.net' },
        to,
        perHour: null,
        most: 100,
        footer: ['Footer.'],
      });

    it('goes to sendmail with the receivers as arguments, and with a message that readers can parse', async () => {
      const channel = mail(`cat > ${path('in')}; printf '%s\\n' "$@" > ${path('args')}`, [
        'noc@example.net',
        'boss@example.net',
      ]);
      assert.equal(await channel.deliver(MESSAGE, STAYS), null);
      assert.deepEqual(readFileSync(path('args'), 'utf8').trim().split('\n'), [
        '-C',
        'a b',
        '-i',
        '-f',
        'postern@example.net',
        '--',
        'noc@example.net',
        'boss@example.net',
      ]);
      const [head = '', body = ''] = readFileSync(path('in'), 'utf8').split('\n\n');
      assert.deepEqual(head.split('\n'), [
        'From: <postern@example.net>',
        'To: <noc@example.net>,',
        ' <boss@example.net>',
        'Subject: [console.example.net] horatio has crashed.',
        'Date: Mon, 30 Nov 2026 11:00:00 +0000',
        'Message-ID: <postern-abc123@example.net>',
        'Auto-Submitted: auto-generated',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: base64',
      ]);
      assert.equal(
        Buffer.from(body, 'base64').toString(),
        '2026-11-30 10:59:00 UTC  horatio has crashed.\r\n\r\n-- \r\nFooter.\r\n',
      );
    });

    it('to a customer says for which account it is', async () => {
      const channel = mail(`cat > ${path('in')}`, null);
      const message = { ...MESSAGE, customer: customerName('alice'), address: 'anna@example.org' };
      assert.equal(await channel.deliver(message, STAYS), null);
      const [, body = ''] = readFileSync(path('in'), 'utf8').split('\n\n');
      assert.match(Buffer.from(body, 'base64').toString(), /-- \r\nFor the account alice\.\r\nFooter\.\r\n$/);
    });

    it('to a customer goes to the address of the message, which no complaint tells', async () => {
      const channel = mail('echo "550 anna@example.org is unknown" >&2; exit 67', null);
      assert.equal(
        await channel.deliver({ ...MESSAGE, address: 'anna@example.org' }, STAYS),
        'exit status 67: 550 a…@example.org is unknown',
      );
    });

    it('takes no line end from a site or a text into its headers', async () => {
      const [notice] = MESSAGE.notices;
      const evil = 'x\r\nBcc: eve@example.org\r\n\r\nbody';
      const channel = new MailChannel({
        name: 'mail',
        site: `Ü${evil}`,
        mail: { sendmail: [script(`cat > ${path('in')}`, 'sendmail')], from: 'postern@example.net' },
        to: ['noc@example.net'],
        perHour: null,
        most: 100,
        footer: [evil],
      });
      const message = { ...MESSAGE, notices: notice === undefined ? [] : [{ ...notice, text: evil }] };
      assert.equal(await channel.deliver(message, STAYS), null);
      const mailed = readFileSync(path('in'), 'latin1');
      const [head = '', ...rest] = mailed.split('\n\n');
      assert.deepEqual(
        head.split('\n').flatMap((line) => (line.startsWith(' ') ? [] : [line.split(':')[0]])),
        [
          'From',
          'To',
          'Subject',
          'Date',
          'Message-ID',
          'Auto-Submitted',
          'MIME-Version',
          'Content-Type',
          'Content-Transfer-Encoding',
        ],
      );
      assert.equal(rest.length, 1);
      assert.match(mailed, /^[\n -~]*$/);
      assert.ok(head.split('\n').every((line) => line.length <= 76 || line.startsWith('Subject')));
    });
  });

  describe('a webhook', () => {
    let server: Server;
    let requests: { request: IncomingMessage; body: string }[];
    let respond: (response: ServerResponse, request: IncomingMessage) => void;
    let origin: string;

    beforeEach(async () => {
      requests = [];
      respond = (response) => response.writeHead(204).end();
      server = createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (text: string) => (body += text));
        request.on('end', () => {
          requests.push({ request, body });
          respond(response, request);
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      writeFileSync(path('secret'), 'a secret of many letters\n');
    });
    afterEach(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const hook = (timeLimit = 10_000): WebhookChannel =>
      new WebhookChannel(
        'hook',
        'console.example.net',
        { url: `${origin}/postern?a=b`, secretFile: path('secret'), timeLimit },
        () => new Date('2026-11-30T11:00:00Z'),
      );

    it('gets the message with a signature over its time and body', async () => {
      assert.equal(await hook().deliver(MESSAGE, STAYS), null);
      const [{ request, body } = assert.fail()] = requests;
      assert.deepEqual([request.method, request.url], ['POST', '/postern?a=b']);
      const { headers } = request;
      assert.equal(headers['content-type'], 'application/json');
      assert.equal(headers['postern-message'], 'abc123');
      const time = Date.parse('2026-11-30T11:00:00Z') / 1000;
      const expected = createHmac('sha256', 'a secret of many letters')
        .update(`${time}.${body}`)
        .digest('hex');
      assert.equal(headers['postern-signature'], `t=${time},v1=${expected}`);
      assert.equal((JSON.parse(body) as { id: string }).id, 'abc123');
    });

    it('over TLS must have a certificate that this machine trusts', async () => {
      const secure = createSecureServer(selfSignedCertificate(), (_, response) =>
        response.writeHead(204).end(),
      );
      await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
      const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/`;
      const settings = { url, secretFile: path('secret') };
      const channel = new WebhookChannel('hook', 'site', settings, () => new Date());
      assert.match((await channel.deliver(MESSAGE, STAYS)) ?? '', /^it cannot be reached: .*self.signed/);
      secure.closeAllConnections();
      await new Promise((resolve) => secure.close(resolve));
    });

    it('is not followed to another place', async () => {
      respond = (response) => response.writeHead(307, { location: `${origin}/elsewhere` }).end();
      assert.equal(await hook().deliver(MESSAGE, STAYS), 'it answered with status 307');
      assert.equal(requests.length, 1);
    });

    const statuses: readonly (readonly [status: number, trouble: string | null])[] = [
      [200, null],
      [202, null],
      [400, 'it answered with status 400'],
      [410, 'it answered with status 410'],
      [503, 'it answered with status 503'],
    ];
    for (const [status, trouble] of statuses) {
      it(`that answers ${status} ${trouble === null ? 'has it' : 'does not have it'}`, async () => {
        respond = (response) => response.writeHead(status).end('x');
        assert.equal(await hook().deliver(MESSAGE, STAYS), trouble);
      });
    }

    it('that answers without end has it, and its answer is not read', async () => {
      respond = (response) => {
        response.writeHead(200);
        const more = (): void => {
          if (response.write(Buffer.alloc(65_536))) setImmediate(more);
        };
        more();
      };
      assert.equal(await hook().deliver(MESSAGE, STAYS), null);
    });

    it('that never answers has failed after its time', async () => {
      respond = () => undefined;
      assert.equal(await hook(200).deliver(MESSAGE, STAYS), 'it did not answer within 1 s');
    });

    it('that hangs up has failed', async () => {
      respond = (_, request) => request.socket.destroy();
      assert.match((await hook().deliver(MESSAGE, STAYS)) ?? '', /^it cannot be reached: /);
    });

    it('is not asked without a secret that can sign', async () => {
      writeFileSync(path('secret'), 'short');
      assert.match((await hook().deliver(MESSAGE, STAYS)) ?? '', /has fewer than 16 bytes$/);
      directory.dispose();
      assert.match(
        (await hook().deliver(MESSAGE, STAYS)) ?? '',
        /^the secret cannot be read: there is no such file or directory$/,
      );
      directory = new TemporaryDirectory();
      await runProgram({ file: '/usr/bin/mkfifo', args: [path('secret')], input: '', signal: STAYS });
      assert.match((await hook().deliver(MESSAGE, STAYS)) ?? '', /is no file$/);
      assert.equal(requests.length, 0);
    });
  });
});
