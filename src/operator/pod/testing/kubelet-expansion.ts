/**
 * How a kubelet expands `$(NAME)` in a container's env, command and args (Kubernetes' forked package "expansion"). Kubelets
 * differ in one thing: older ones take the first byte after a lone `$` for a whole character, which breaks what is not
 * ASCII; newer ones read characters.
 */
export function expand(
  input: string,
  variables: { readonly [name: string]: string },
  reads: 'bytes' | 'characters' = 'characters',
): string {
  const text = Buffer.from(input, 'utf8').toString('latin1');
  let out = '';
  for (let cursor = 0; cursor < text.length; cursor++) {
    const [sign = '', next] = text.slice(cursor, cursor + 2);
    if (sign !== '$' || next === undefined) {
      out += sign;
      continue;
    }
    cursor++;
    if (next === '$') {
      out += '$';
    } else if (next === '(') {
      const end = text.indexOf(')', cursor);
      const name = text.slice(cursor + 1, end);
      if (end === -1) {
        out += '$(';
        continue;
      }
      out += Object.hasOwn(variables, name) ? (variables[name] ?? '') : `$(${name})`;
      cursor = end;
    } else {
      out += reads === 'bytes' ? `$${Buffer.from(next, 'utf8').toString('latin1')}` : `$${next}`;
    }
  }
  return Buffer.from(out, 'latin1').toString('utf8');
}
