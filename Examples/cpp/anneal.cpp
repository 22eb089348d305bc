// Finds a short round trip through 200 towns by simulated annealing. What is tuned is the annealing: how hot it begins, how
// fast it cools, how far a move reaches. A unit of resource is 10,000 moves.
//
//   anneal TEMPERATURE COOLING REACH RESTLESSNESS
//
// The rest of the job comes in the environment. The last line of output is the result.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int towns = 200;
constexpr long moves_per_unit = 10'000;

std::string variable(const char *name) {
  const char *value = std::getenv(name);
  if (!value) throw std::runtime_error(std::string(name) + " is missing; let ash-mpi start this program");
  return value;
}

struct Map {
  double x[towns], y[towns];

  // The same for every trial.
  Map() {
    std::mt19937_64 random(1);
    for (int i = 0; i < towns; i++) {
      x[i] = random() * 0x1p-64;
      y[i] = random() * 0x1p-64;
    }
  }

  double distance(int a, int b) const { return std::hypot(x[a] - x[b], y[a] - y[b]); }
};

struct Annealing {
  long moves = 0;
  std::mt19937_64 random;
  std::vector<int> tour, best;
  double best_length;

  Annealing(const Map &map, unsigned long seed) : random(seed), tour(towns) {
    for (int i = 0; i < towns; i++) tour[i] = i;
    best = tour;
    best_length = length(map);
  }

  double length(const Map &map) const {
    double sum = 0;
    for (int i = 0; i < towns; i++) sum += map.distance(tour[i], tour[(i + 1) % towns]);
    return sum;
  }

  double uniform() { return (random() >> 11) * 0x1p-53; }

  // One move reverses a stretch of the tour; the longer `reach`, the longer it may be.
  void move(const Map &map, double temperature, double reach) {
    int first = int(uniform() * towns);
    int count = 2 + int(uniform() * reach * (towns / 2 - 2));
    int before = tour[(first + towns - 1) % towns], after = tour[(first + count) % towns];
    int head = tour[first], tail = tour[(first + count - 1) % towns];
    double change = map.distance(before, tail) + map.distance(head, after) - map.distance(before, head) -
                    map.distance(tail, after);
    if (change > 0 && uniform() >= std::exp(-change / temperature)) return;
    for (int i = 0; i < count / 2; i++) std::swap(tour[(first + i) % towns], tour[(first + count - 1 - i) % towns]);
  }

  void train(const Map &map, long target, double start, double cooling, double reach, double restlessness) {
    for (; moves < target; moves++) {
      // The temperature depends on the moves made, not on those to come: a job may end anywhere.
      double temperature = start * (restlessness + std::exp(-cooling * double(moves) / moves_per_unit));
      move(map, temperature, reach);
      if (moves % 100 == 99) {
        double now = length(map);
        if (now < best_length) {
          best_length = now;
          best = tour;
        }
      }
    }
  }

  // In one step, so that a job that is killed leaves the old state or the new one.
  void save(const std::filesystem::path &path) const {
    auto partial = path;
    partial += ".partial";
    {
      std::ofstream file(partial);
      file.precision(17);
      file << moves << ' ' << best_length << ' ' << random;
      for (int town : tour) file << ' ' << town;
      for (int town : best) file << ' ' << town;
      if (!file.flush()) throw std::runtime_error("cannot write " + partial.string());
    }
    std::filesystem::rename(partial, path);
  }

  // False where there is no checkpoint, or one that is further than the job.
  bool load(const std::filesystem::path &path, long target) {
    std::ifstream file(path);
    Annealing saved = *this;
    file >> saved.moves >> saved.best_length >> saved.random;
    for (int &town : saved.tour) file >> town;
    for (int &town : saved.best) file >> town;
    if (!file || saved.moves > target) return false;
    *this = saved;
    return true;
  }
};

}  // namespace

int main(int count, char **arguments) try {
  if (count != 5) throw std::runtime_error("usage: anneal TEMPERATURE COOLING REACH RESTLESSNESS");
  double values[4];
  for (int i = 0; i < 4; i++) values[i] = std::stod(arguments[i + 1]);
  long resource = std::stol(variable("ASH_RESOURCE"));
  std::filesystem::path checkpoint = variable("ASH_CHECKPOINT");
  std::filesystem::create_directories(checkpoint);

  Map map;
  Annealing annealing(map, std::stoul(variable("ASH_SEED")));
  annealing.load(checkpoint / "state", resource * moves_per_unit);
  while (annealing.moves < resource * moves_per_unit) {
    annealing.train(map, annealing.moves + moves_per_unit, values[0], values[1], values[2], values[3]);
    annealing.save(checkpoint / "state");
    std::printf("{\"progress\": {\"resource\": %ld, \"loss\": %.17g}}\n", annealing.moves / moves_per_unit,
                annealing.best_length);
    std::fflush(stdout);
  }
  std::printf("{\"length\": %.17g, \"last_length\": %.17g}\n", annealing.best_length, annealing.length(map));
} catch (const std::exception &error) {
  std::cerr << "anneal: " << error.what() << '\n';
  return 1;
}
