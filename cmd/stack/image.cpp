// `stack image`: the verbs about single images.
#include "cmd/stack/image_verbs.h"
#include "cmd/stack/verb.h"

namespace stack::cmd {

Run define_image(CLI::App& command, const Globals& globals) {
  return define_group(command, globals,
                      {{"ls", "Show the images that are here", define_image_ls},
                       {"rm", "Remove images", define_rmi},
                       {"prune", "Remove images that nobody needs", define_image_prune},
                       {"inspect", "Show all that is known of images", define_image_inspect},
                       {"tag", "Give an image one more name", define_image_tag},
                       {"pull", "Pull images", define_pull},
                       {"load", "Take in images from an archive", define_load},
                       {"import", "Make an image of a root file system", define_import}});
}

}  // namespace stack::cmd
