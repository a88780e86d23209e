import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { SCHEMAS } from './schemas.ts';

const DESCRIPTION =
  'A smart-city telemetry hub. Lists take `limit` and `cursor` and answer `{"items":[],"next"}`; errors are problem documents (RFC 9457). ' +
  'The token is taken as `Bearer` or `Token`, or as the password of Basic.';

/** /api/docs from the assets in the package, which need no network, and /api/openapi.json. */
export function serveOpenApi(app: INestApplication, version: string): void {
  const config = new DocumentBuilder()
    .setTitle('Seawall')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .addSecurity('token', { type: 'http', scheme: 'bearer' })
    .setOpenAPIVersion('3.1.0')
    .build();
  SwaggerModule.setup('api/docs', app, () => documentOf(app, config), {
    jsonDocumentUrl: 'api/openapi.json',
    raw: ['json'],
    customSiteTitle: 'Seawall API',
  });
}

function documentOf(app: INestApplication, config: Omit<OpenAPIObject, 'paths'>): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, config);
  return { ...document, components: { ...document.components, schemas: SCHEMAS as never } };
}
