import assert from 'node:assert/strict';
import { parseConfig } from '../../../server/simulator/config/config-file.js';
import { readConfig } from '../../../server/simulator/config/config-reading.js';
import type { DomainConfig } from '../../../server/simulator/config/domain-config.js';

function read(text: string): DomainConfig {
  const parsed = parseConfig(text, 'f');
  assert.ok('assignments' in parsed, JSON.stringify(parsed));
  const config = readConfig(parsed.assignments, 'f');
  assert.ok(typeof config !== 'string', 'the configuration is refused');
  return config.config;
}

describe("the simulated xl's configuration files", () => {
  it('have comments, both quotes, lists over several lines, semicolons, += and a last word', () => {
    const config = read(
      `# a comment\nname = 'a' ; kernel = "k" # another\nmemory=64\nextra="x"\nextra += " y"\ndisk = [\n  "file:/a,xvda,w",\n  '/b,raw,xvdb,r',\n]\nmemory=96\n`,
    );
    assert.equal(config.name, 'a');
    assert.equal(config.kernel, 'k');
    assert.equal(config.memory, 96);
    assert.equal(config.cmdline, 'x y');
    assert.deepEqual(config.disks, [
      { target: '/a', device: 'xvda', writable: true },
      { target: '/b', device: 'xvdb', writable: false },
    ]);
  });

  it('have actions with the defaults of xl.cfg(5)', () => {
    const plain = read('name="a"\nkernel="k"\n');
    assert.deepEqual([plain.onPoweroff, plain.onReboot, plain.onCrash], ['destroy', 'restart', 'destroy']);
    const other = read('name="a"\nkernel="k"\non_reboot="destroy"\non_crash="preserve"\n');
    assert.deepEqual([other.onReboot, other.onCrash], ['destroy', 'preserve']);
  });

  const disks: readonly (readonly [spec: string, target: string, device: string, writable: boolean])[] = [
    ['file:/a,xvda,w', '/a', 'xvda', true],
    ['phy:/dev/vg/a,xvda,r', '/dev/vg/a', 'xvda', false],
    ['/a,raw,xvda,rw', '/a', 'xvda', true],
    ['/a,,xvda', '/a', 'xvda', true],
    ['format=raw, vdev=xvdc, access=ro, target=/a', '/a', 'xvdc', false],
  ];
  for (const [spec, target, device, writable] of disks) {
    it(`disk ${spec}`, () => {
      assert.deepEqual(read(`name="a"\nkernel="k"\ndisk=["${spec}"]`).disks, [{ target, device, writable }]);
    });
  }

  const broken: readonly (readonly [text: string, problem: RegExp])[] = [
    ['name', /f:1: config parsing error near : syntax error, unexpected \$end, expecting \+= or '='/],
    ['name "a"', /f:1: .* near `"a"': syntax error, unexpected STRING, expecting \+= or '='/],
    ['a=1 b=2\n', /f:1: .* near `b': syntax error, unexpected IDENT, expecting \$end$/],
    ['\n\na=[1 2]\n', /f:3: .* near `2': syntax error, unexpected NUMBER, expecting ']'/],
    ['Name="a"\n', /f:1: .* near `Name="a"': lexical error/],
  ];
  for (const [text, problem] of broken) {
    it(`${JSON.stringify(text)} is refused`, () => {
      const parsed = parseConfig(text, 'f');
      assert.ok('problems' in parsed);
      assert.match(parsed.problems.join('\n'), problem);
    });
  }
});
