import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Host } from '../../server/simulator/host.js';
import { parseXmDomid, parseXmList, parseXmLongList } from '../../server/dom0/toolstack/xm-output.js';
import { eventually } from '../support/eventually.js';
import { SimulatedXen } from '../support/simulated-xen.js';

const SCALE = 0.02;
/** xend restarts no younger domain; milliseconds of the simulated host. */
const MINIMUM_RESTART = 60_000 * SCALE;
/** Where a domain must be younger, however busy this machine is. */
const A_DAY = 86_400_000;

describe('the stand-in for xm', () => {
  let xen: SimulatedXen;

  beforeEach(async () => {
    xen = await SimulatedXen.install({
      timeScale: SCALE,
      memory: 2048,
      domains: [
        { name: 'horatio', memory: 256, vcpus: 2 },
        { name: 'yorick' },
        { name: 'fortinbras', memory: 4096 },
      ],
    });
  });

  afterEach(() => xen.remove());

  async function start(name: string): Promise<number> {
    const { status, stderr } = await xen.xm('create', '--quiet', xen.config(name));
    assert.deepEqual([status, stderr], [0, '']);
    return (await xen.idle(name)).domid;
  }

  /** Waits until xend would restart it. */
  async function oldEnough(domid: number): Promise<void> {
    await eventually('it to be a minute old', () => {
      const record = new Host(xen.host.directory).domain(domid);
      return record !== undefined && Date.now() - record.createdAt > MINIMUM_RESTART;
    });
  }

  it('creates, in the words of xm', async () => {
    const file = xen.config('horatio');
    assert.deepEqual(await xen.xm('create', file), {
      stdout: `Using config file "${file}".\nStarted domain horatio (id=1)\n`,
      stderr: '',
      status: 0,
    });
    assert.deepEqual(await xen.xm('create', '--quiet', '--paused', xen.config('yorick')), {
      stdout: '',
      stderr: '',
      status: 0,
    });
    assert.equal(xen.row('yorick')?.state, '--p---');
    const { stdout } = await xen.xm('list');
    assert.match(
      stdout,
      /^Name +ID +Mem VCPUs +State +Time\(s\)\nDomain-0 +0 +1024 +1 +r----- +\d+\.\d\nhoratio +1 +256 +2 /,
    );
    assert.match(stdout, /\nyorick +2 +128 +1 +--p--- +0\.0\n$/);
  });

  it('refuses to create with the reason and status of xm', async () => {
    const missing = join(xen.host.directory, 'etc', 'xen', 'no-kernel.cfg');
    const noDisk = join(xen.host.directory, 'etc', 'xen', 'no-disk.cfg');
    const broken = join(xen.host.directory, 'etc', 'xen', 'broken.cfg');
    await writeFile(missing, 'name = "a"\nkernel = "/nowhere/vmlinuz"\n');
    await writeFile(
      noDisk,
      `name = "b"\nkernel = "${xen.host.kernel}"\ndisk = ["file:/nowhere/b.img,xvdb,w"]\n`,
    );
    await writeFile(broken, 'name = "c\n');
    const empty = join(xen.host.directory, 'etc', 'xen', 'no-menu.cfg');
    await writeFile(empty, `name = "d"\nbootloader = "pygrub"\ndisk = ["file:${xen.host.kernel},xvda,w"]\n`);
    const diskless = join(xen.host.directory, 'etc', 'xen', 'diskless.cfg');
    await writeFile(diskless, 'name = "e"\nbootloader = "pygrub"\n');
    await start('horatio');
    const cases = [
      [empty, "Error: Boot loader didn't return any data!\n"],
      [diskless, 'Error: Had a bootloader specified, but no disks are bootable\n'],
      [xen.config('horatio'), "Error: Domain 'horatio' already exists with ID '1'\n"],
      [missing, 'Error: Cannot find kernel "/nowhere/vmlinuz"\n'],
      [noDisk, 'Error: Device 51728 (vbd) could not be connected. /nowhere/b.img does not exist.\n'],
      [broken, `Error: Errors were found at line 1 while processing ${broken}:\n\t\n`],
      ['/nowhere/c.cfg', 'Error: Unable to open config file: /nowhere/c.cfg\n'],
      [
        xen.config('fortinbras'),
        'Error: Not enough free memory and enable-dom0-ballooning is False, so I cannot release any more.  I need 4194304 KiB but only have 494592.\n',
      ],
    ];
    for (const [file = '', stderr] of cases) {
      const said = await xen.xm('create', '--quiet', file);
      assert.deepEqual([said.status, said.stderr], [1, stderr], file);
    }
    await xen.gone('b');
    assert.deepEqual(
      xen.rows().map(({ name }) => name),
      ['Domain-0', 'horatio'],
    );
  });

  it('is read by our parsers', async () => {
    await start('horatio');
    const { stdout } = await xen.xm('list', '-l');
    const [domain, ...others] = parseXmList(stdout) ?? [];
    assert.deepEqual(others, []);
    assert.deepEqual([domain?.name, domain?.domid, domain?.memoryMiB, domain?.vcpus], ['horatio', 1, 256, 2]);
    assert.match(domain?.uuid ?? '', /^[0-9a-f]{8}-/);
    const long = parseXmLongList((await xen.xm('list', '-l', 'horatio')).stdout);
    assert.deepEqual(long?.[0]?.boot, {
      kernel: xen.host.kernel,
      ramdisk: xen.host.ramdisk,
      cmdline: 'console=hvc0 domname=horatio',
      bootloader: null,
      disks: [
        { target: join(xen.host.directory, 'srv', 'xen', 'horatio.img'), vdev: 'xvda', writable: true },
      ],
    });
    assert.equal(parseXmDomid((await xen.xm('domid', 'horatio')).stdout), 1);
    assert.equal((await xen.xm('domname', '1')).stdout, 'horatio\n');
  });

  it('says of every verb that a domain does not exist, with status 3', async () => {
    for (const args of [
      ['list', '-l', 'nosuch'],
      ['domid', 'nosuch'],
      ['domname', 'nosuch'],
      ['console', 'nosuch'],
      ['unpause', 'nosuch'],
      ['shutdown', 'nosuch'],
      ['reboot', 'nosuch'],
      ['destroy', 'nosuch'],
      ['sysrq', 'nosuch', 'h'],
    ]) {
      const { status, stderr } = await xen.xm(...args);
      assert.deepEqual([status, stderr], [3, "Error: Domain 'nosuch' does not exist.\n"], args.join(' '));
    }
  });

  it('answers wrong arguments with its help', async () => {
    assert.deepEqual(await xen.xm('domid'), {
      status: 1,
      stderr: "Error: 'xm domid' requires 1 argument.\n\n",
      stdout: 'Usage: xm domid <DomainName>\n\nConvert a domain name to domain id.\n',
    });
    const unknown = await xen.xm('frobnicate');
    assert.deepEqual([unknown.status, unknown.stderr], [1, 'Error: Subcommand frobnicate not found!\n']);
    assert.equal((await xen.xm('list', '-z')).stderr, 'Error: option -z not recognized\n');
  });

  it('shuts down without waiting for the guest, destroys, and sends sysrq', async () => {
    await start('horatio');
    assert.equal((await xen.xm('shutdown', 'horatio')).status, 0);
    await xen.gone('horatio');
    const domid = await start('yorick');
    assert.equal((await xen.xm('sysrq', String(domid), 'c')).status, 0);
    await xen.gone('yorick');
    await start('horatio');
    assert.equal((await xen.xm('destroy', 'horatio')).status, 0);
    assert.equal(xen.row('horatio'), undefined);
  });

  it('shows a domain that crashed as crashed and not as shut down', async () => {
    const file = join(xen.host.directory, 'etc', 'xen', 'kept.cfg');
    await writeFile(
      file,
      `name = "kept"\nkernel = "${xen.host.kernel}"\nextra = "x"\ndisk = ["file:${join(xen.host.directory, 'srv', 'xen', 'yorick.img')},xvda,w"]\non_crash = "preserve"\n`,
    );
    await xen.xm('create', '--quiet', file);
    await xen.idle('kept');
    await xen.xm('sysrq', 'kept', 'c');
    assert.match((await xen.xm('list', 'kept')).stdout, / ----c- /);
    assert.equal((await xen.xm('shutdown', 'kept')).stderr, 'Error: Domain cannot be shutdown\n');
  });

  it('restarts a guest that reboots, with another domid and the same UUID', async () => {
    const uuid = async (): Promise<string | null | undefined> =>
      parseXmList((await xen.xm('list', '-l')).stdout)?.[0]?.uuid;
    const first = await start('horatio');
    const before = await uuid();
    await oldEnough(first);
    await xen.xm('reboot', 'horatio');
    await eventually('the next domid', () => ![undefined, first].includes(xen.row('horatio')?.domid));
    assert.equal(await uuid(), before);
  });

  it('destroys one that reboots within a minute of its start', async () => {
    const xendMinimumRestart = A_DAY;
    const domains = [{ name: 'horatio' }];
    const slow = await SimulatedXen.install({ timeScale: 0.2, xendMinimumRestart, domains });
    try {
      await slow.xm('create', '--quiet', slow.config('horatio'));
      const domid = slow.row('horatio')?.domid;
      await slow.xm('reboot', 'horatio');
      await slow.gone('horatio');
      await slow.xm('create', '--quiet', '--paused', slow.config('horatio'));
      assert.equal(slow.row('horatio')?.domid, (domid ?? 0) + 1, 'none came between');
    } finally {
      await slow.remove();
    }
  });

  it('does nothing while xend is down, and then what was left', async () => {
    await start('horatio');
    await writeFile(xen.host.xendDown, '');
    const said = 'Error: Unable to connect to xend: Connection refused. Is xend running?\n';
    for (const args of [
      ['list', '-l'],
      ['domid', 'horatio'],
      ['create', xen.config('yorick')],
      ['console', '1'],
    ]) {
      const { status, stderr } = await xen.xm(...args);
      assert.deepEqual([status, stderr], [1, said], args.join(' '));
    }
    const console = xen.console('horatio');
    await console.receives('login: ');
    console.type('root\r');
    await console.receives('# ');
    console.type('poweroff\r');
    await eventually('the guest to have ended', () => xen.row('horatio')?.state === '---s--');
    await rm(xen.host.xendDown);
    await xen.gone('horatio');
  });

  it('lets a second console in, and gives each byte to one of them', async () => {
    await start('horatio');
    const [first, second] = [xen.console('horatio', 'xm'), xen.console('horatio', 'xm')];
    await eventually('both to have had some of it', () => {
      first.type('\r');
      return first.raw !== '' && second.raw !== '';
    });
    second.type('\x1d');
    assert.equal(await second.ends(), 0);
    first.type('root\r');
    await first.receives('# ');
  });
});
