/** Markdown as the reference pages need it. */

const MADE = '<!-- Made by hack/generate/main.ts: edit what it is made from. -->';

export function page(...parts: readonly string[]): string {
  return `${[MADE, ...parts].join('\n\n')}\n`;
}

/** Columns that are empty in every row are left out; the others are as wide as their widest cell, as Biome formats. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = header.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''));
  const lines = [header, ...rows].map((row) => row.filter((_, column) => used[column]).map(escapeCell));
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(3, ...lines.map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[], filler: string): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, filler)).join(' | ')} |`;
  const [first = [], ...others] = lines;
  return [line(first, ' '), line([], '-'), ...others.map((cells) => line(cells, ' '))].join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

/** As a forge makes it of a heading. */
export function anchor(heading: string): string {
  return `#${heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')}`;
}
