// The image of the container that holds a pod's namespaces, put together here: a static program is all there is
// in it, and no registry has to be asked.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';

export const pauseImage = 'localhost/otto-pause:v1';

export interface TarEntry {
  readonly name: string;
  readonly mode: number;
  readonly data: Buffer;
}

/** A POSIX ustar archive with fixed times and owners, so that the same content has the same digest. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ name, mode, data }) => {
    if (Buffer.byteLength(name) > 100) throw new Error(`name too long for this archive: ${name}`);
    const header = Buffer.alloc(512);
    const octal = (value: number, at: number, length: number): void => {
      header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
    };
    header.write(name, 0, 'utf8');
    octal(mode, 100, 8);
    octal(0, 108, 8);
    octal(0, 116, 8);
    octal(data.length, 124, 12);
    octal(0, 136, 12);
    header.write('        0', 148, 'latin1');
    header.write('ustar\x0000', 257, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Writes it in the format of `docker save`. */
export async function writePauseImage(program: string, archive: string): Promise<void> {
  const layer = tar([{ name: 'pause', mode: 0o755, data: await readFile(program) }]);
  const digest = createHash('sha256').update(layer).digest('hex');
  const config = Buffer.from(
    JSON.stringify({
      architecture: arch() === 'x64' ? 'amd64' : arch(),
      os: 'linux',
      config: { Entrypoint: ['/pause'], User: '65535:65535', WorkingDir: '/' },
      rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify([{ Config: 'config.json', RepoTags: [pauseImage], Layers: ['layer.tar'] }]),
  );
  await writeFile(
    archive,
    tar([
      { name: 'config.json', mode: 0o644, data: config },
      { name: 'layer.tar', mode: 0o644, data: layer },
      { name: 'manifest.json', mode: 0o644, data: manifest },
    ]),
  );
}
