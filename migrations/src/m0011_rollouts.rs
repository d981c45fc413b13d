//! Rollouts, their groups and the targets in them.
//!
//! How many actions of a group are in which state is kept, not counted: triggers change
//! `rollout_counts` in the transaction that changes an action, whichever way that is. On
//! PostgreSQL each connection adds to a row of its own, so that writers do not wait for each
//! other; a count is the sum over `shard`.

use crate::Script;

pub(crate) const SCRIPT: Script = Script {
    name: "m0011_rollouts",
    sql: "
CREATE TABLE IF NOT EXISTS rollouts (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name {text} NOT NULL,
    description {text},
    set_id bigint NOT NULL REFERENCES distribution_sets (id),
    filter {text} NOT NULL,
    source {text},
    action_type {text} NOT NULL,
    forced_at bigint,
    start_at bigint,
    weight integer NOT NULL,
    dynamic boolean NOT NULL,
    template_suffix {text},
    template_count bigint,
    confirmation_required boolean,
    success_percent integer NOT NULL,
    success_action {text} NOT NULL,
    error_percent integer NOT NULL,
    window_schedule {text},
    window_duration {text},
    window_timezone {text},
    per_minute integer NOT NULL,
    in_progress integer NOT NULL,
    random_order boolean NOT NULL,
    retry_attempts integer,
    retry_delay bigint,
    retry_codes {text},
    answer_timeout bigint,
    proof_attribute {text},
    proof_value {text},
    proof_timeout bigint,
    state {text} NOT NULL,
    deleted boolean NOT NULL,
    approval_exempt boolean NOT NULL,
    decided_by {text},
    remark {text},
    matching bigint NOT NULL,
    gathered_until bigint,
    involve_at bigint NOT NULL,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL,
    version bigint NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS rollouts_name ON rollouts (tenant_id, name);
CREATE INDEX IF NOT EXISTS rollouts_set ON rollouts (set_id);
CREATE INDEX IF NOT EXISTS rollouts_state ON rollouts (state, id);

CREATE TABLE IF NOT EXISTS rollout_groups (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    rollout_id bigint NOT NULL REFERENCES rollouts (id) ON DELETE CASCADE,
    position integer NOT NULL,
    name {text} NOT NULL,
    description {text},
    filter {text},
    source {text},
    percent real NOT NULL,
    size bigint,
    success_percent integer NOT NULL,
    success_action {text} NOT NULL,
    error_percent integer NOT NULL,
    confirmation_required boolean,
    dynamic boolean NOT NULL,
    state {text} NOT NULL,
    scheduled_until bigint NOT NULL,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL,
    version bigint NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS rollout_groups_position ON rollout_groups (rollout_id, position);
CREATE UNIQUE INDEX IF NOT EXISTS rollout_groups_name ON rollout_groups (rollout_id, name);

CREATE TABLE IF NOT EXISTS rollout_targets (
    rollout_id bigint NOT NULL REFERENCES rollouts (id) ON DELETE CASCADE,
    target_id bigint NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    group_id bigint,
    rank bigint NOT NULL,
    attempt integer NOT NULL,
    due_at bigint,
    started_at bigint,
    PRIMARY KEY (rollout_id, target_id)
);
CREATE INDEX IF NOT EXISTS rollout_targets_target ON rollout_targets (target_id);
CREATE INDEX IF NOT EXISTS rollout_targets_group ON rollout_targets (group_id, target_id);
CREATE INDEX IF NOT EXISTS rollout_targets_rank ON rollout_targets (rollout_id, rank)
    WHERE group_id IS NULL;
CREATE INDEX IF NOT EXISTS rollout_targets_due ON rollout_targets (rollout_id, due_at)
    WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS rollout_targets_started ON rollout_targets (rollout_id, started_at)
    WHERE started_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS rollout_proofs (
    action_id bigint NOT NULL PRIMARY KEY REFERENCES actions (id) ON DELETE CASCADE,
    target_id bigint NOT NULL,
    group_id bigint NOT NULL,
    due_at bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS rollout_proofs_target ON rollout_proofs (target_id);
CREATE INDEX IF NOT EXISTS rollout_proofs_group ON rollout_proofs (group_id, due_at);

CREATE TABLE IF NOT EXISTS rollout_counts (
    group_id bigint NOT NULL,
    bucket {text} NOT NULL,
    shard integer NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (group_id, bucket, shard)
);

CREATE INDEX IF NOT EXISTS actions_rollout ON actions (rollout_id, state, target_id)
    WHERE rollout_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS actions_rollout_group ON actions (rollout_group_id, state, id)
    WHERE rollout_group_id IS NOT NULL;
",
    sqlite: "
CREATE VIEW IF NOT EXISTS rollout_failures AS
    SELECT target_id, rollout_id FROM actions
    WHERE state = 'error' AND rollout_id IS NOT NULL AND rollout_group_id IS NOT NULL;

CREATE TRIGGER IF NOT EXISTS actions_counted_insert AFTER INSERT ON actions
WHEN NEW.rollout_group_id IS NOT NULL BEGIN
    INSERT INTO rollout_counts VALUES (NEW.rollout_group_id, NEW.state, 0, 1)
    ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER IF NOT EXISTS actions_counted_delete AFTER DELETE ON actions
WHEN OLD.rollout_group_id IS NOT NULL BEGIN
    INSERT INTO rollout_counts VALUES (OLD.rollout_group_id, OLD.state, 0, -1)
    ON CONFLICT DO UPDATE SET number = number - 1;
END;
CREATE TRIGGER IF NOT EXISTS actions_counted_out AFTER UPDATE OF state, rollout_group_id ON actions
WHEN OLD.rollout_group_id IS NOT NULL
    AND (OLD.state <> NEW.state OR OLD.rollout_group_id IS NOT NEW.rollout_group_id) BEGIN
    INSERT INTO rollout_counts VALUES (OLD.rollout_group_id, OLD.state, 0, -1)
    ON CONFLICT DO UPDATE SET number = number - 1;
END;
CREATE TRIGGER IF NOT EXISTS actions_counted_in AFTER UPDATE OF state, rollout_group_id ON actions
WHEN NEW.rollout_group_id IS NOT NULL
    AND (OLD.state <> NEW.state OR OLD.rollout_group_id IS NOT NEW.rollout_group_id) BEGIN
    INSERT INTO rollout_counts VALUES (NEW.rollout_group_id, NEW.state, 0, 1)
    ON CONFLICT DO UPDATE SET number = number + 1;
END;

CREATE TRIGGER IF NOT EXISTS rollout_targets_counted_insert AFTER INSERT ON rollout_targets
WHEN NEW.group_id IS NOT NULL BEGIN
    INSERT INTO rollout_counts VALUES (NEW.group_id, 'planned', 0, 1)
    ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER IF NOT EXISTS rollout_targets_counted_delete AFTER DELETE ON rollout_targets
WHEN OLD.group_id IS NOT NULL BEGIN
    INSERT INTO rollout_counts VALUES (OLD.group_id, 'planned', 0, -1)
    ON CONFLICT DO UPDATE SET number = number - 1;
END;
CREATE TRIGGER IF NOT EXISTS rollout_targets_counted_update AFTER UPDATE OF group_id
ON rollout_targets WHEN OLD.group_id IS NULL AND NEW.group_id IS NOT NULL BEGIN
    INSERT INTO rollout_counts VALUES (NEW.group_id, 'planned', 0, 1)
    ON CONFLICT DO UPDATE SET number = number + 1;
END;

CREATE TRIGGER IF NOT EXISTS rollout_proofs_counted_insert AFTER INSERT ON rollout_proofs BEGIN
    INSERT INTO rollout_counts VALUES (NEW.group_id, 'proving', 0, 1)
    ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER IF NOT EXISTS rollout_proofs_counted_delete AFTER DELETE ON rollout_proofs BEGIN
    INSERT INTO rollout_counts VALUES (OLD.group_id, 'proving', 0, -1)
    ON CONFLICT DO UPDATE SET number = number - 1;
END;
",
    postgres: POSTGRES,
};

const POSTGRES: &str = "
CREATE OR REPLACE VIEW rollout_failures AS
    SELECT target_id, rollout_id FROM actions
    WHERE state = 'error' AND rollout_id IS NOT NULL AND rollout_group_id IS NOT NULL;

CREATE OR REPLACE FUNCTION count_rollout_actions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO rollout_counts
        SELECT rollout_group_id, state, pg_backend_pid() % 16, COUNT(*)
        FROM added WHERE rollout_group_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (group_id, bucket, shard)
            DO UPDATE SET number = rollout_counts.number + excluded.number;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO rollout_counts
        SELECT rollout_group_id, state, pg_backend_pid() % 16, -COUNT(*)
        FROM removed WHERE rollout_group_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (group_id, bucket, shard)
            DO UPDATE SET number = rollout_counts.number + excluded.number;
    ELSE
        INSERT INTO rollout_counts
        SELECT rollout_group_id, state, pg_backend_pid() % 16, SUM(number) FROM (
            SELECT rollout_group_id, state, 1 AS number FROM added
            UNION ALL SELECT rollout_group_id, state, -1 FROM removed
        ) AS changed WHERE rollout_group_id IS NOT NULL
        GROUP BY 1, 2 HAVING SUM(number) <> 0 ORDER BY 1, 2
        ON CONFLICT (group_id, bucket, shard)
            DO UPDATE SET number = rollout_counts.number + excluded.number;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER actions_counted_insert AFTER INSERT ON actions
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rollout_actions();
CREATE OR REPLACE TRIGGER actions_counted_delete AFTER DELETE ON actions
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_rollout_actions();
CREATE OR REPLACE TRIGGER actions_counted_update AFTER UPDATE ON actions
    REFERENCING NEW TABLE AS added OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_rollout_actions();

CREATE OR REPLACE FUNCTION count_rollout_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO rollout_counts
        SELECT group_id, TG_ARGV[0], pg_backend_pid() % 16, -COUNT(*)
        FROM removed WHERE group_id IS NOT NULL GROUP BY 1 ORDER BY 1
        ON CONFLICT (group_id, bucket, shard)
            DO UPDATE SET number = rollout_counts.number + excluded.number;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO rollout_counts
        SELECT group_id, TG_ARGV[0], pg_backend_pid() % 16, COUNT(*)
        FROM added WHERE group_id IS NOT NULL GROUP BY 1 ORDER BY 1
        ON CONFLICT (group_id, bucket, shard)
            DO UPDATE SET number = rollout_counts.number + excluded.number;
    ELSE
        INSERT INTO rollout_counts
        SELECT group_id, TG_ARGV[0], pg_backend_pid() % 16, SUM(number) FROM (
            SELECT group_id, 1 AS number FROM added
            UNION ALL SELECT group_id, -1 FROM removed
        ) AS changed WHERE group_id IS NOT NULL
        GROUP BY 1 HAVING SUM(number) <> 0 ORDER BY 1
        ON CONFLICT (group_id, bucket, shard)
            DO UPDATE SET number = rollout_counts.number + excluded.number;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER rollout_targets_counted_insert AFTER INSERT ON rollout_targets
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_rollout_links('planned');
CREATE OR REPLACE TRIGGER rollout_targets_counted_delete AFTER DELETE ON rollout_targets
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_rollout_links('planned');
CREATE OR REPLACE TRIGGER rollout_targets_counted_update AFTER UPDATE ON rollout_targets
    REFERENCING NEW TABLE AS added OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_rollout_links('planned');
CREATE OR REPLACE TRIGGER rollout_proofs_counted_insert AFTER INSERT ON rollout_proofs
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_rollout_links('proving');
CREATE OR REPLACE TRIGGER rollout_proofs_counted_delete AFTER DELETE ON rollout_proofs
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_rollout_links('proving');
";
