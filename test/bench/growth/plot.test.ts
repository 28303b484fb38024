import assert from 'node:assert/strict';
import { plot, short } from './plot.js';

describe('the picture of npm run bench:growth', () => {
  it('has a diagonal for a cost that grows with the size, and a level line for one that does not', () => {
    const sizes = [10, 100, 1_000];
    const svg = plot(
      [
        {
          title: 'keys & <more>',
          sizes,
          lines: [
            { name: 'grows', values: [1, 10, 100] },
            { name: 'stays', values: [5, null, 5] },
          ],
        },
      ],
      'CPU ms',
    );
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 460 300"/);
    assert.match(svg, />keys &amp; &lt;more></);
    const lines = [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points = '']) =>
      points.split(' ').map((point) => point.split(',').map(Number)),
    );
    const [grows = [], stays = []] = lines;
    assert.equal(grows.length, 3);
    const steps = grows
      .slice(1)
      .map(([x = 0, y = 0], at) => [x - (grows[at]?.[0] ?? 0), (grows[at]?.[1] ?? 0) - y]);
    assert.ok(steps.every(([dx = 0, dy = 0]) => Math.abs(dx - (steps[0]?.[0] ?? 0)) < 0.2 && dy > 0));
    assert.ok(Math.abs((steps[0]?.[1] ?? 0) - (steps[1]?.[1] ?? 0)) < 0.2);
    assert.equal(stays.length, 2, 'a size that was not measured has no point');
    assert.equal(stays[0]?.[1], stays[1]?.[1]);
  });

  it('writes large sizes short', () => {
    assert.deepEqual([1, 0.25, 1_000, 100_000, 10_000_000].map(short), ['1', '0.25', '1k', '100k', '10M']);
  });
});
