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

static double labels_of(const struct table_entry *entry)
{
    return entry->units > 0 ? (double)entry->units / ENGINE_UNIT : 0;
}

static const struct table_entry *sums_of(const struct board *board, uint64_t subject)
{
    if (board->tenant == NULL || subject == 0)
        return NULL;
    return table_sums(board->tenant->table, board->tenant->number, subject);
}

static struct evidence weigh(const struct board *board, const struct table_entry *first)
{
    struct evidence evidence = {.labels = 0};

    for (const struct table_entry *entry = first; entry != NULL;
         entry = table_next(board->tenant->table, entry)) {
        double labels = labels_of(entry);

        evidence.labels += labels;
        if (labels > evidence.most) {
            evidence.most = labels;
            evidence.column = entry->category;
        }
    }
    return evidence;
}

/* Shrinkage: the subject's counts, plus `weight` labels spread as the board has them so far. */
static struct evidence blend(struct board *board, uint64_t subject, double weight)
{
    const struct table_entry *first = sums_of(board, subject);
    struct evidence evidence = weigh(board, first);
    double all = evidence.labels + weight;

    if (evidence.labels <= 0)
        return evidence;
    board_scale(board, weight / all);
    for (const struct table_entry *entry = first; entry != NULL;
         entry = table_next(board->tenant->table, entry))
        board->shares[entry->category] += labels_of(entry) / all;
    return evidence;
}

static struct evidence everything(const struct board *board)
{
    struct evidence evidence = {.labels = board->total};

    for (size_t i = 0; i < board->tenant_size; i++) {
        double labels = (double)board->tenant->totals[i] / ENGINE_UNIT;

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
