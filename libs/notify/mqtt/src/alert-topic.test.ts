import { describe, expect, it } from '@jest/globals';
import type { AlertTopicLevels } from '@seawall/model';
import { alertTransition } from '@seawall/ports/contract';
import fc from 'fast-check';
import { alertTopic, topicLevel } from './alert-topic.ts';

const topicOf = (levels: AlertTopicLevels, rule = 'smog') =>
  alertTopic('city', alertTransition('a', 'pending', 'firing', { levels, alert: { rule } }));

describe('the topic of an alert', () => {
  it('names severity, domain, district, rule and subject', () => {
    expect(topicOf({ domain: 'environment', district: 'xiangzhou', subject: 'aq-1' })).toBe(
      'city/alerts/major/environment/xiangzhou/smog/aq-1',
    );
  });

  it('has _ where there is no such level', () => {
    expect(topicOf({ domain: 'environment' })).toBe('city/alerts/major/environment/_/smog/_');
  });

  it('tells a subject that is called _ from none', () => {
    expect(topicOf({ domain: 'environment', subject: '_' })).toBe('city/alerts/major/environment/_/smog/%5F');
    expect(topicOf({ domain: 'environment', subject: '__' })).toBe('city/alerts/major/environment/_/smog/__');
  });

  it('encodes what a topic level may not hold, and leaves the rest readable', () => {
    expect(topicOf({ domain: 'environment', district: 'a/b+c#d', subject: '$x$\u0007' }, '100 % 香洲')).toBe(
      'city/alerts/major/environment/a%2Fb%2Bc%23d/100 %25 香洲/%24x$%07',
    );
    expect(topicLevel('\u0085')).toBe('%C2%85');
  });

  it('gives every name back by decodeURIComponent, in a level without wildcards', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        const level = topicLevel(name);
        expect(level).not.toMatch(/[/+#\u0000-\u001f]|^\$|^_$/);
        expect(decodeURIComponent(level)).toBe(name);
      }),
    );
  });
});
