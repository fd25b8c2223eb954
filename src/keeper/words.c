/* The two words of a handoff. The list is ours: short, common, easy to tell apart when read aloud,
 * and harmless. */
#include "keeper/words.h"

#include "crypto/hash.h"

enum { WORDS = 256 };

static const char *const words[WORDS] = {
    "acorn",    "alder",    "amber",   "anchor",  "apple",   "apron",   "arrow",     "aspen",
    "atlas",    "attic",    "autumn",  "badge",   "baker",   "balcony", "bamboo",    "banjo",
    "barley",   "basil",    "basket",  "beacon",  "beaver",  "bench",   "berry",     "birch",
    "biscuit",  "blanket",  "blossom", "bonnet",  "bottle",  "boulder", "bracket",   "branch",
    "bread",    "bridge",   "bronze",  "brook",   "broom",   "bucket",  "butter",    "button",
    "cabin",    "cactus",   "camel",   "candle",  "canoe",   "canyon",  "carbon",    "carpet",
    "carrot",   "castle",   "cedar",   "cellar",  "cherry",  "chess",   "chimney",   "cinnamon",
    "circus",   "clay",     "clock",   "clover",  "cobalt",  "coconut", "comet",     "compass",
    "copper",   "coral",    "cotton",  "cradle",  "crane",   "crater",  "cricket",   "crystal",
    "cup",      "curtain",  "daisy",   "dolphin", "donkey",  "dragon",  "drum",      "eagle",
    "easel",    "echo",     "elbow",   "elm",     "ember",   "engine",  "falcon",    "feather",
    "fern",     "fiddle",   "fig",     "flame",   "flannel", "flute",   "forest",    "fossil",
    "fountain", "fox",      "garden",  "garlic",  "gazelle", "ginger",  "glacier",   "glove",
    "goblet",   "gondola",  "granite", "grape",   "guitar",  "hammer",  "harbor",    "harp",
    "hazel",    "hedge",    "helmet",  "heron",   "honey",   "hotel",   "igloo",     "indigo",
    "iris",     "island",   "ivory",   "jacket",  "jasmine", "jelly",   "jigsaw",    "jungle",
    "juniper",  "kayak",    "kettle",  "kitchen", "kite",    "koala",   "ladder",    "lagoon",
    "lantern",  "lavender", "ledger",  "lemon",   "lentil",  "library", "lilac",     "linen",
    "lizard",   "lobster",  "locket",  "lotus",   "magnet",  "mango",   "maple",     "marble",
    "meadow",   "melon",    "mint",    "mirror",  "mitten",  "monsoon", "moss",      "mountain",
    "mushroom", "nectar",   "needle",  "nickel",  "nutmeg",  "oak",     "oasis",     "oboe",
    "ocean",    "olive",    "onion",   "opal",    "orbit",   "orchard", "otter",     "oyster",
    "paddle",   "palace",   "panda",   "paper",   "parrot",  "pasta",   "peach",     "peanut",
    "pebble",   "pelican",  "pencil",  "pepper",  "piano",   "picnic",  "pigeon",    "pillow",
    "pine",     "pocket",   "pony",    "poppy",   "prairie", "pumpkin", "puzzle",    "quartz",
    "quill",    "rabbit",   "raccoon", "radish",  "raft",    "rainbow", "raspberry", "raven",
    "ribbon",   "river",    "robin",   "rocket",  "saddle",  "saffron", "salmon",    "sandal",
    "satin",    "scarf",    "sequoia", "shadow",  "silver",  "snowman", "sparrow",   "spinach",
    "spruce",   "squirrel", "sunset",  "swan",    "teacup",  "teapot",  "temple",    "thimble",
    "thunder",  "tiger",    "timber",  "tomato",  "topaz",   "trumpet", "tulip",     "tunnel",
    "turtle",   "umbrella", "valley",  "vanilla", "velvet",  "violin",  "volcano",   "waffle",
    "walnut",   "walrus",   "willow",  "window",  "winter",  "yogurt",  "zebra",     "zipper",
};

struct slice words_of(struct handoff_id id, char room[WORDS_MAX])
{
    struct buf b = BUF_INIT(WORDS_MAX);
    struct digest d;

    buf_put_str(&b, "two words|");
    buf_put(&b, ID_SLICE(id));
    d = hash_sha256(buf_slice(&b));
    buf_clear(&b);
    buf_printf(&b, "%s %s", words[d.b[0]], words[d.b[1]]);
    BUG_IF(!slice_to_cstr(buf_slice(&b), room, WORDS_MAX));
    buf_free(&b);
    return slice_str(room);
}
