import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';

const EXAMPLES = join(import.meta.dirname, '../../../config/examples/metrics');
const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0;

describe('e2e: the numbers of a running gate', () => {
  let house: House;
  let port: number;

  before(async () => {
    house = await House.layOut({
      customers: { alice: { horatio: 'owner' } },
      gateSettings: 'metrics:\n  listen: 127.0.0.1:0\n  customers: true\n',
    });
    // It runs before the halves start, so that it is in the first sample.
    const created = spawnSync(house.xl, ['create', '-q', join(house.layout.xen, 'etc/xen/horatio.cfg')]);
    assert.equal(created.status, 0, String(created.stderr));
    await house.startDom0();
    await house.startGate();
    const log = readFileSync(house.log('gate'), 'utf8').split('\n');
    const line = log.find((one) => one.includes('metrics.listening')) ?? assert.fail('no port is told');
    ({ port } = JSON.parse(line) as { port: number });
  });
  after(() => house.stop());

  async function read(from: number, path: string): Promise<string> {
    const [response] = (await once(
      get({ host: '127.0.0.1', port: from, path, agent: false }),
      'response',
    )) as [IncomingMessage];
    let text = '';
    for await (const part of response.setEncoding('utf8') as AsyncIterable<string>) text += part;
    return text;
  }

  it('tell of logins, sessions, hosts and domains, as they are', async () => {
    const alice = house.terminal('alice');
    await alice.sees('horatio');
    const text = await eventually('the numbers to have the session', async () => {
      const now = await read(port, '/metrics');
      const isThere = ['postern_customer_sessions{customer="alice"} 1', 'postern_domain_disk_reads_total{'];
      return isThere.every((part) => now.includes(part)) ? now : undefined;
    });
    for (const line of [
      /^postern_logins_total\{result="accepted",reason=""\} [1-9]/m,
      /^postern_sessions\{kind="menu"\} 1$/m,
      /^postern_host_up\{host="xen1"\} 1$/m,
      /^postern_host_info\{host="xen1",version="\d/m,
      /^postern_domains\{host="xen1",state="\w+"\} \d/m,
      /^postern_domain_memory_bytes\{host="xen1",domain="horatio"\} [1-9]\d{6}/m,
      /^postern_domain_network_received_bytes_total\{host="xen1",domain="horatio"\} \d/m,
      /^postern_domain_disk_writes_total\{host="xen1",domain="horatio"\} \d/m,
      /^postern_console_bytes_total\{direction="out"\} 0$/m,
      /^postern_audit_writable 1$/m,
      /^process_resident_memory_bytes [1-9]/m,
      /^nodejs_eventloop_lag_p99_seconds /m,
    ])
      assert.match(text, line);
    assert.match(text, /\n# EOF\n$/, 'OpenMetrics ends so');
    alice.kill();
  });

  it('tell what went through a console, and how fast it answered', async () => {
    const alice = house.terminal('alice', 'horatio console');
    await alice.sees('login:');
    alice.type('root\r');
    await alice.sees('root@horatio:~#');
    alice.type('echo hello\r');
    await alice.sees(/\nhello/);
    const text = await eventually('the numbers to have the keys', async () => {
      const now = await read(port, '/metrics');
      return /^postern_echo_delay_seconds_count [1-9]/m.test(now) ? now : undefined;
    });
    assert.match(text, /^postern_console_bytes_total\{direction="in"\} 16$/m);
    assert.match(text, /^postern_console_bytes_total\{direction="out"\} [1-9]\d+$/m);
    assert.match(text, /^postern_echo_delay_seconds_bucket\{le="\+Inf"\} [1-9]/m);
    alice.kill();
  });

  it('are read by Prometheus, which takes the shipped rules', async function () {
    if (!hasPrometheus) this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'postern-prometheus-'));
    const own = await freePort();
    const shipped = readFileSync(join(EXAMPLES, 'prometheus.yaml'), 'utf8');
    const config = shipped
      .replace('127.0.0.1:9273', `127.0.0.1:${port}`)
      .replace('[alerts.yaml]', `[${join(EXAMPLES, 'alerts.yaml')}]`)
      .replace('15s', '1s');
    writeFileSync(join(folder, 'prometheus.yml'), config);
    const prometheus = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${own}`,
      ],
      { stdio: 'ignore' },
    );
    const ended = once(prometheus, 'exit');
    const query = async (expression: string): Promise<string> =>
      read(own, `/api/v1/query?query=${encodeURIComponent(expression)}`).catch(() => '');
    try {
      await eventually('Prometheus to have the host', async () =>
        (await query('postern_host_up == 1')).includes('"host":"xen1"') ? true : undefined,
      );
      assert.match(await query('up{job="postern"}'), /"1"\]/);
      const rules = await read(own, '/api/v1/rules');
      assert.match(rules, /"name":"PosternGateDown"/);
      await eventually(
        'each rule to be evaluated',
        async () => !(await read(own, '/api/v1/rules')).includes('"health":"unknown"'),
        { withinMs: 15_000 },
      ).catch(() => undefined);
      assert.doesNotMatch(await read(own, '/api/v1/rules'), /"health":"err"/);
    } finally {
      prometheus.kill();
      await ended;
      rmSync(folder, { recursive: true });
    }
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : assert.fail('no port');
}
