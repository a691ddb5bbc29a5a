/** Requests and limits of a container, as they are given in JSON to the operator. */
import type { Json, Resources } from '../api/pipeline.ts';

/** Kubernetes' quantities: `500m`, `1.5`, `64Mi`, `1e3`. */
const QUANTITY = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

/** @param wrong is told each thing that Kubernetes would refuse. */
export function readResources(given: { [key: string]: Json }, wrong: (problem: string) => void): Resources {
  const resources: Resources = {};
  for (const [side, amounts] of Object.entries(given)) {
    if (side !== 'requests' && side !== 'limits') {
      wrong(`"${side}" is neither requests nor limits`);
    } else if (amounts === null || typeof amounts !== 'object' || Array.isArray(amounts)) {
      wrong(`${side} is not an object`);
    } else {
      resources[side] = Object.fromEntries(
        Object.entries(amounts).map(([name, amount]) => {
          if (typeof amount === 'number' || (typeof amount === 'string' && QUANTITY.test(amount))) {
            return [name, amount];
          }
          wrong(`${side}.${name} is ${JSON.stringify(amount)}, not a quantity such as 500m or 64Mi`);
          return [name, ''];
        }),
      );
    }
  }
  return resources;
}
