import { groupBy, mapsOf, type Checker } from './evidence.ts';

/**
 * S10: a stream's start is set once; its map grows by one version per change and is never made anew, but after a
 * foreign write to it.
 */
export const startOnce: Checker = (evidence) =>
  [...groupBy(mapsOf(evidence), ({ map, epoch }) => `${map.stream}/${epoch}`).values()].flatMap(
    (versions) =>
      versions.flatMap(({ order, map }, at) => {
        const before = versions[at - 1]?.map;
        const fault =
          before !== undefined && map.version !== before.version + 1
            ? `version ${before.version} -> ${map.version}`
            : before !== undefined && JSON.stringify(map.start) !== JSON.stringify(before.start)
              ? `start ${JSON.stringify(before.start)} -> ${JSON.stringify(map.start)}`
              : null;
        return fault === null
          ? []
          : [{ invariant: 'S10', order, message: `${map.stream}: ${fault}` }];
      }),
  );
