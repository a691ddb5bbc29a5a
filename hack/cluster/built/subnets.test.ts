import assert from 'node:assert/strict';
import { parseRoutes } from './network.ts';
import { blockCount, freeSubnets, parseRange, subnetsOf } from './subnets.ts';

describe('the addresses of a cluster', () => {
  it('are those of a block that nothing here routes', () => {
    const routes = parseRoutes(
      [
        'default via 192.0.2.1 dev eth0',
        '10.160.16.0/20 via 10.160.0.2 dev otto0',
        '10.161.0.0/30 dev otto1 proto kernel scope link src 10.161.0.1',
        'local 10.163.0.1 dev lo table local',
      ].join('\n'),
    );
    assert.equal(freeSubnets(routes).index, 2);
    assert.equal(freeSubnets([...routes, parseRange('10.162.0.0/16')]).index, 4);
  });

  it('do not end where a network holds them all: that is told', () => {
    assert.throws(() => freeSubnets([parseRange('10.0.0.0/8')]), /end a cluster with `down`/);
  });

  it('of two clusters never meet', () => {
    const all = Array.from({ length: blockCount }, (_, index) => subnetsOf(index));
    const ranges = all.flatMap(({ pods, services, hostAddress, linkPrefix }) =>
      [pods, services, `${hostAddress}/${linkPrefix}`].map(parseRange),
    );
    const sorted = ranges.toSorted((a, b) => a.first - b.first);
    sorted.forEach((range, i) => assert.ok((sorted[i - 1]?.last ?? -1) < range.first));
  });

  it('are refused when they are no addresses', () => {
    for (const text of ['', '10.0.0', '10.0.0.256', '10.0.0.0/33', 'x/8'])
      assert.throws(() => parseRange(text), /not an IPv4 range/, text);
  });
});
