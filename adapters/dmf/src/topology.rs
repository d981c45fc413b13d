//! What the adapter declares on a broker, exactly as hawkBit does.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

/// Where things' services publish.
pub(crate) const EXCHANGE: &str = "dmf.exchange";
/// What the adapter consumes.
pub(crate) const QUEUE: &str = "dmf_receiver";
/// Where what cannot be carried out goes.
pub(crate) const DEAD_LETTERS: &str = "dmf.connector.deadletter";
const DEAD_LETTER_QUEUE: &str = "dmf_connector_deadletter_ttl";
/// For how long dead letters are kept, in milliseconds: 21 days.
const DEAD_LETTER_TTL: i64 = 1_814_400_000;

/// Declares all of it. What is there already in another form is the broker's error.
pub(crate) async fn declare(channel: &Channel) -> lapin::Result<()> {
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let mut to_dead_letters = FieldTable::default();
    to_dead_letters
        .insert("x-dead-letter-exchange".into(), AMQPValue::LongString(DEAD_LETTERS.into()));
    let mut limited = FieldTable::default();
    limited.insert("x-message-ttl".into(), AMQPValue::LongLongInt(DEAD_LETTER_TTL));
    for (exchange, queue, arguments) in
        [(DEAD_LETTERS, DEAD_LETTER_QUEUE, limited), (EXCHANGE, QUEUE, to_dead_letters)]
    {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let none = FieldTable::default();
        channel.exchange_declare(exchange.into(), ExchangeKind::Fanout, options, none).await?;
        channel.queue_declare(queue.into(), durable, arguments).await?;
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        channel.queue_bind(queue.into(), exchange.into(), "".into(), options, none).await?;
    }
    Ok(())
}
