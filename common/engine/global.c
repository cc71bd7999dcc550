#include "common/engine/global.h"

#include "common/engine/subject.h"
#include "common/engine/tenant.h"
#include "common/taxonomy/taxonomy.h"

/* In labels. A subject's counts stand against what the more general ones say with WEIGHT. */
#define WEIGHT        4.0
#define MCC_LABELS    2.5
#define MCC_WEIGHT    1.5
#define INCOME_LABELS 0.25

static size_t primary_column(struct board *board, enum taxonomy_primary primary)
{
    struct slice name = taxonomy_name(primary);

    return board_column(board, name, tenant_category_hash(name));
}

struct seeds global_seeds(struct board *board, const struct engine_features *features)
{
    enum taxonomy_primary primary = taxonomy_of_mcc(features->mcc);
    struct seeds seeds = {-1, -1};

    if (primary != TAXONOMY_NONE)
        seeds.mcc = (int)primary_column(board, primary);
    if (features->amount_minor < 0)
        seeds.income = (int)primary_column(board, TAXONOMY_INCOME);
    return seeds;
}

/* One subject's counts, out of their list. */
struct tally {
    size_t size;
    double sum;
    uint16_t columns[ENGINE_CATEGORIES_MAX];
    double labels[ENGINE_CATEGORIES_MAX];
};

static void tally_of(const struct board *board, uint64_t subject, struct tally *ret)
{
    const struct engine_tenant *tenant = board->tenant;
    const struct table_entry *entry = NULL;

    ret->size = 0;
    ret->sum = 0;
    if (tenant != NULL && subject != 0)
        entry = table_sums(tenant->table, tenant->number, subject);
    for (; entry != NULL; entry = table_next(tenant->table, entry)) {
        if (entry->units <= 0)
            continue;
        ret->columns[ret->size] = entry->category;
        ret->labels[ret->size] = (double)entry->units / (double)ENGINE_UNIT;
        ret->sum += ret->labels[ret->size++];
    }
}

static struct evidence evidence_of(const struct tally *tally)
{
    struct evidence evidence = {.labels = tally->sum};

    for (size_t i = 0; i < tally->size; i++) {
        if (tally->labels[i] > evidence.most) {
            evidence.most = tally->labels[i];
            evidence.column = tally->columns[i];
        }
    }
    return evidence;
}

/* Shrinkage: the subject's counts, plus `weight` labels spread as the board has them so far. */
static struct evidence blend(struct board *board, uint64_t subject, double weight)
{
    struct tally tally;
    double part;

    tally_of(board, subject, &tally);
    if (tally.size > 0) {
        part = 1 / (tally.sum + weight);
        board_scale(board, weight * part);
        for (size_t i = 0; i < tally.size; i++)
            board->shares[tally.columns[i]] += tally.labels[i] * part;
    }
    return evidence_of(&tally);
}

static struct evidence everything(const struct board *board)
{
    struct evidence evidence = {.labels = board->total};

    for (size_t i = 0; i < board->tenant_size; i++) {
        double labels = (double)board->tenant->totals[i] / (double)ENGINE_UNIT;

        if (labels > evidence.most) {
            evidence.most = labels;
            evidence.column = i;
        }
    }
    return evidence;
}

void global_refine(struct board *board, const struct engine_features *features,
                   const struct seeds *seeds, struct global *ret)
{
    struct evidence key;

    if (seeds->income >= 0)
        board_blend_one(board, (size_t)seeds->income, INCOME_LABELS, board->total + 1);
    if (seeds->mcc >= 0)
        board_blend_one(board, (size_t)seeds->mcc, MCC_LABELS, MCC_WEIGHT);
    ret->general = blend(board, engine_subject_mcc(features->mcc), WEIGHT);
    key = blend(board, features->key_hash, WEIGHT);
    ret->merchant = blend(board, features->merchant_hash, WEIGHT);
    if (ret->merchant.labels <= 0)
        ret->merchant = key;
    if (ret->general.labels <= 0 && seeds->mcc >= 0)
        ret->general = (struct evidence){MCC_LABELS, MCC_LABELS, (size_t)seeds->mcc};
    if (ret->general.labels <= 0)
        ret->general = everything(board);
    ret->known = ret->general.labels > 0 || ret->merchant.labels > 0 || seeds->income >= 0;
}
