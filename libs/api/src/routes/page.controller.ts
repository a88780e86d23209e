import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { Problem } from '../http/problem.ts';
import type { PageFile } from './page-files.ts';

/** The injection token of the page's files by name. */
export const PAGE_FILES = Symbol('PageFiles');

/** Everything comes from the hub itself, and no script or style stands in the page, so none that was slipped in runs. */
const POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HEADERS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  // Kept by the browser alone, and asked for again each time: a new hub brings a new page.
  'cache-control': 'private, no-cache',
};

/** The page for people, at `/`; no part of the API, so not in its document. */
@ApiExcludeController()
@Controller()
export class PageController {
  constructor(
    @Inject(API) private readonly api: ApiContext,
    @Inject(PAGE_FILES) private readonly files: ReadonlyMap<string, PageFile>,
  ) {}

  @Get()
  index(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#send(request, reply, 'index.html');
  }

  @Get('page/:name')
  file(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('name') name: string): void {
    this.#send(request, reply, name);
  }

  @Get('map.geojson')
  map(@Res() reply: FastifyReply): void {
    const { map } = this.api;
    if (map === undefined) {
      throw new Problem('not-found', 'This hub has no map: start it with --map and a GeoJSON file of the districts.');
    }
    void reply.headers({ 'content-type': 'application/geo+json; charset=utf-8' }).send(map);
  }

  #send(request: FastifyRequest, reply: FastifyReply, name: string): void {
    const file = this.files.get(name);
    if (file === undefined) throw new Problem('not-found', `There is no page "${name}" here.`);
    void reply.headers({ ...HEADERS, etag: file.etag });
    if (request.headers['if-none-match'] === file.etag) void reply.code(304).send();
    else void reply.headers({ 'content-type': file.type }).send(file.content);
  }
}
