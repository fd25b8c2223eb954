export const name = 'the open inbox shows a new request by itself; without script it has a reload link';

export default async function (t) {
    const { sidegate, agent, person } = await t.cast({ agent: { capabilities: {} } });
    await person.open(`${person.site}/inbox`);
    const plain = await t.person(sidegate, { script: false });
    await plain.open(`${plain.site}/inbox`);
    t.equal(await person.page.locator('a[href*="/h/"]').count(), 0, 'the inbox is empty');
    await agent.call('weather', { station: 'harbour' });
    await person.page.locator('a[href*="/h/"]').first().waitFor();
    await plain.page.getByRole('link', { name: /reload|refresh/i }).click();
    t.equal(await plain.page.getByRole('link', { name: /^Open/ }).count(), 1, 'after the reload link it is there too');
}
