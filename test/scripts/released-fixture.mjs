/**
 * Makes test/fixtures/released/VERSION: settings, policy and state as a released version leaves them, for the test that
 * every later version reads them. Run it once for each release, in a checkout of its tag that is installed and built:
 *
 *   git worktree add /tmp/released v1.0.0 && cd /tmp/released && npm ci && npm run build
 *   node …/test/scripts/released-fixture.mjs /tmp/released …/test/fixtures/released/1.0.0
 *
 * `@HOUSE@` stands for the directory in which everything was. Host keys and customers' private keys are left out.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [checkout = '.', out = 'released'] = process.argv.slice(2).map((path) => resolve(path));
const { House } = await import(pathToFileURL(join(checkout, 'dist/test/support/house.js')).href);

const POLICY = `rules:
  - id: work
    allow: [all]
    roles: [owner, operator]
  - id: look
    allow: [status, watch, log]
limits:
  - id: boots
    actions: [start, reboot, rescue, normal]
    per: domain
    count: 20
    within: 1h
consoles:
  - customers: [alice]
    record: output
`;

const house = await House.layOut({
  policy: POLICY,
  customers: {
    alice: { horatio: 'owner', ophelia: 'operator' },
    bob: { yorick: 'owner', horatio: 'watcher' },
    carol: { yorick: 'operator' },
  },
});

function done(what, { status, stdout, stderr }) {
  if (status !== 0) throw new Error(`${what}: ${status}\n${stdout}${stderr}`);
  return stdout;
}
const admin = async (...words) => done(words.join(' '), await house.postern(...words));
const ssh = async (customer, words) => done(words, await house.ssh(customer, words));

/** Waits until it is so. */
async function until(what, isSo) {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await isSo()) return;
    await new Promise((resume) => setTimeout(resume, 50));
  }
  throw new Error(`waited in vain for ${what}`);
}

try {
  const { layout } = house;
  await house.startDom0();
  await house.startGate();
  await admin('customer', 'suspend', 'carol', '--reason', 'unpaid since March');
  await admin('domain', 'set', 'horatio', 'suite=bookworm');
  await admin('maintenance', 'on', 'New disks for xen1.', '--until', '4h');
  await admin('maintenance', 'off');
  house.writePolicy(POLICY.replace('count: 20', 'count: 30'));
  await admin('policy', 'reload');
  await ssh('alice', 'horatio start --wait');
  await ssh('alice', 'horatio reboot --wait');
  await ssh('bob', 'yorick start --wait');
  await ssh('bob', 'yorick poweroff --yes --wait');
  const console = house.terminal('alice', 'horatio console');
  console.type('\r');
  await console.sees('login:');
  console.type('root\r');
  await console.sees('#');
  console.type('echo kept by 1.0.0\r');
  await console.sees('kept by 1.0.0');
  console.type('\x1d.');
  await console.ends();
  await until('the console log', async () => (await ssh('alice', 'horatio log')).includes('kept by 1.0.0'));
  // A rescue that is under way when the half dies.
  await ssh('alice', 'ophelia start --wait');
  await ssh('alice', 'ophelia rescue --yes');
  await until('the rescue to begin', () =>
    readFileSync(join(layout.dom0State, 'journal.jsonl'), 'utf8').includes('"verb":"rescue"'),
  );
  await house.endDom0('SIGKILL');
  await house.endGate('SIGTERM');

  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const etc = join(layout.directory, 'etc');
  cpSync(join(etc, 'gate.yaml'), join(out, 'etc/gate.yaml'));
  cpSync(join(etc, 'dom0.yaml'), join(out, 'etc/dom0.yaml'));
  cpSync(layout.policy, join(out, 'etc/policy.d'), { recursive: true });
  cpSync(layout.gateState, join(out, 'gate'), { recursive: true });
  cpSync(layout.dom0State, join(out, 'dom0'), { recursive: true });
  cpSync(join(checkout, 'config/examples'), join(out, 'examples'), { recursive: true });
  cpSync(join(checkout, 'policy/examples'), join(out, 'policy-examples'), { recursive: true });
  for (const name of readdirSync(out, { recursive: true })) {
    const file = join(out, name);
    if (/(?:^|\/)(?:ssh_host_|host_key|.*lock|control\.sock|.*-shm|README\.md|\.checked.*)[^/]*$/.test(name))
      rmSync(file, { recursive: true, force: true });
    else if (/\.(?:yaml|json)$/.test(name) && statSync(file).isFile())
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(layout.directory, '@HOUSE@'));
  }
} finally {
  await house.stop();
}
