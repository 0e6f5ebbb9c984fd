// The AWS SDK for JavaScript v3: objects out of streams, which it sends in chunks with a checksum as trailer.
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import * as s3 from "@aws-sdk/client-s3";

function* pieces(size, of) {
  for (let at = 0; at < size; at += of) yield Buffer.alloc(Math.min(of, size - at), 97);
}

export function open({ endpoint, credentials, ...given }) {
  const seen = [];
  const client = new s3.S3Client({ endpoint, credentials, region: "us-east-1", forcePathStyle: true, maxAttempts: 1, ...given });
  client.middlewareStack.add(
    (next) => (args) => {
      seen.push(args.request.headers["x-amz-content-sha256"]);
      return next(args);
    },
    { step: "finalizeRequest", priority: "low" },
  );
  return {
    put: async ({ size, of, ...input }) => {
      const Body = Readable.from(pieces(size, of));
      const { ETag } = await client.send(new s3.PutObjectCommand({ ...input, Body, ContentLength: size }));
      return { ETag, form: seen.at(-1) };
    },
    get: async (input) => {
      const { Body, ContentEncoding } = await client.send(new s3.GetObjectCommand({ ...input, ChecksumMode: "ENABLED" }));
      const body = await buffer(Body);
      return { size: body.length, same: body.every((byte) => byte === 97), ContentEncoding };
    },
  };
}
