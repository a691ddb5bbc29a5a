// OCI image layouts: folders of blobs with an index, in an archive that containerd, Podman and Docker import.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from '../tools/command.ts';

export interface ImageConfig {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workingDir?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly number[];
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The configuration blob. It has no time in it: the same layers give the same image. */
export function configBlob(
  config: ImageConfig,
  layers: readonly string[],
  arch: string = process.arch,
): string {
  return JSON.stringify({
    architecture: architectures[arch] ?? arch,
    os: 'linux',
    config: {
      ...(config.user !== undefined && { User: config.user }),
      ...(config.entrypoint !== undefined && { Entrypoint: config.entrypoint }),
      ...(config.cmd !== undefined && { Cmd: config.cmd }),
      ...(config.workingDir !== undefined && { WorkingDir: config.workingDir }),
      ...(config.labels !== undefined && { Labels: config.labels }),
      ...(config.ports !== undefined && {
        ExposedPorts: Object.fromEntries(config.ports.map((port) => [`${port}/tcp`, {}])),
      }),
      Env: Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', ...config.env }).map(
        ([k, v]) => `${k}=${v}`,
      ),
    },
    rootfs: { type: 'layers', diff_ids: layers },
    history: layers.map(() => ({ created_by: 'hack/image' })),
  });
}

/** Writes a layout of uncompressed layers into an empty folder; gives the manifest's digest. */
export async function writeLayout(
  folder: string,
  tarballs: readonly string[],
  config: ImageConfig,
): Promise<string> {
  const blobs = join(folder, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const layers: { mediaType: string; digest: string; size: number }[] = [];
  for (const tarball of tarballs) {
    const digest = await fileDigest(tarball);
    await copyFile(tarball, join(blobs, digest.slice(7)));
    layers.push({
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest,
      size: (await stat(tarball)).size,
    });
  }
  const put = async (
    mediaType: string,
    text: string,
  ): Promise<{ mediaType: string; digest: string; size: number }> => {
    const digest = createHash('sha256').update(text).digest('hex');
    await writeFile(join(blobs, digest), text);
    return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
  };
  const description = await put(
    'application/vnd.oci.image.config.v1+json',
    configBlob(
      config,
      layers.map((layer) => layer.digest),
    ),
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await put(
    mediaType,
    JSON.stringify({ schemaVersion: 2, mediaType, config: description, layers }),
  );
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  return manifest.digest;
}

/** Names the one image of a layout, maybe more than once, packs it, and puts it in place at once. Gives the manifest's digest. */
export async function packLayout(folder: string, refs: readonly string[], archive: string): Promise<string> {
  const index: unknown = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  const named = nameManifest(index, refs);
  await writeFile(join(folder, 'index.json'), JSON.stringify(named.index));
  await run(['tar', '-C', folder, '-cf', `${archive}.part`, 'oci-layout', 'index.json', 'blobs'], {
    timeout: 120_000,
  });
  await rename(`${archive}.part`, archive);
  return named.digest;
}

/** containerd takes the name from one annotation, Podman and skopeo from another. */
export function nameManifest(index: unknown, refs: readonly string[]): { index: object; digest: string } {
  if (typeof index === 'object' && index !== null && 'manifests' in index && Array.isArray(index.manifests)) {
    const [manifest, ...others]: unknown[] = index.manifests;
    if (others.length === 0 && typeof manifest === 'object' && manifest !== null && 'digest' in manifest) {
      const named = refs.map((ref) => ({
        ...manifest,
        annotations: { 'io.containerd.image.name': ref, 'org.opencontainers.image.ref.name': ref },
      }));
      return { index: { ...index, manifests: named }, digest: String(manifest.digest) };
    }
  }
  throw new Error(`the image layout for ${refs.join(', ')} does not have exactly one manifest`);
}

async function fileDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
}
